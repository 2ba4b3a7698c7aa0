import { ActionIcon, Anchor, Button, Group, Progress, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Check, CircleAlert, FileInput, Pause, Play, RotateCw, X } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { api, unwrap } from '@/shared/api/client';
import { assetKeys } from '@/shared/assets/keys';
import { assetStatus, statusLook } from '@/shared/assets/status';
import { formatBytes, formatRemaining, formatSpeed } from '@/shared/format/format';
import { liveState } from '@/shared/live/live-connection';
import { useAssetProgress } from '@/shared/live/progress-store';
import { MediaIcon } from '@/shared/ui/media-icon';
import { showError } from '@/shared/ui/toast';
import { percentOf, remainingSeconds, type UploadItem } from '../model/item';
import { uploadQueue } from '../model/queue';
import classes from './upload-row.module.css';

function mediaTypeOf(contentType: string): string {
  const kind = contentType.split('/')[0] ?? '';
  return ['video', 'audio', 'image'].includes(kind) ? kind : 'other';
}

export function UploadRow({ item }: { item: UploadItem }) {
  const bar = item.phase === 'uploading' || item.phase === 'finishing' || item.phase === 'paused';
  return (
    <li className={classes.row} data-phase={item.phase}>
      <span className={classes.icon}>
        <MediaIcon asset={{ assetType: 2, mediaType: mediaTypeOf(item.contentType) }} size={18} />
      </span>
      <div className={classes.main}>
        {item.assetId && item.phase === 'done' ? (
          <Link to={`/asset/${item.assetId}`} className={classes.name} title={item.fileName} dir="auto">
            {item.fileName}
          </Link>
        ) : (
          <span className={classes.name} title={item.fileName} dir="auto">
            {item.fileName}
          </span>
        )}
        <div className={`${classes.state} rv-tabular`}>
          <State item={item} />
        </div>
        {bar && (
          <Progress
            mt={6}
            size={4}
            value={percentOf(item)}
            color={item.phase === 'paused' ? 'gray' : undefined}
            animated={item.phase === 'finishing'}
            aria-label={`Upload of ${item.fileName}`}
          />
        )}
      </div>
      <Actions item={item} />
    </li>
  );
}

function State({ item }: { item: UploadItem }): ReactNode {
  const sizes = `${formatBytes(item.bytesSent)} of ${formatBytes(item.size)}`;
  switch (item.phase) {
    case 'waiting':
      return item.note ?? `Waiting · ${formatBytes(item.size)}`;
    case 'starting':
      return 'Starting…';
    case 'uploading':
      return (
        <>
          {item.note ? `${item.note} · ${sizes}` : sizes}
          {item.bytesPerSecond !== null && <span className={classes.speed}> · {formatSpeed(item.bytesPerSecond)}</span>}
          {remainingSeconds(item) !== null && ` · ${formatRemaining(remainingSeconds(item))}`}
        </>
      );
    case 'paused':
      return `Paused · ${sizes}`;
    case 'finishing':
      return 'Finishing…';
    case 'failed':
      return <Refusal item={item} />;
    case 'conflict':
      return <Conflict item={item} />;
    case 'interrupted':
      return `Interrupted${item.bytesSent > 0 ? ` at ${sizes}` : ` · ${formatBytes(item.size)}`}`;
    case 'done':
      return item.assetId ? <Processing assetId={item.assetId} size={item.size} /> : 'Uploaded';
  }
}

function Refusal({ item }: { item: UploadItem }) {
  return (
    <span className={classes.refusal}>
      {item.error?.title ?? 'Failed'}
      {item.error?.detail && `: ${item.error.detail}`}
    </span>
  );
}

function Conflict({ item }: { item: UploadItem }) {
  return (
    <>
      {item.error?.detail ?? 'There is something of this name already.'}
      <Group gap={6} mt={6}>
        <Button size="compact-xs" onClick={() => uploadQueue.resolveConflict(item.key, 'rename')}>
          Keep both
        </Button>
        {item.replaceable && (
          <Button size="compact-xs" variant="default" onClick={() => uploadQueue.resolveConflict(item.key, 'replace')}>
            Replace
          </Button>
        )}
        <Button size="compact-xs" variant="default" onClick={() => uploadQueue.resolveConflict(item.key, 'skip')}>
          Skip
        </Button>
      </Group>
    </>
  );
}

/** What becomes of the file after the upload. */
function Processing({ assetId, size }: { assetId: string; size: number }) {
  const asset = useQuery({
    queryKey: assetKeys.item(assetId),
    queryFn: () => unwrap(api.GET('/asset/{id}', { params: { path: { id: assetId } } })),
    refetchInterval: ({ state }) =>
      liveState.get() === 'down' && state.data && statusLook(state.data.assetStatus).busy ? 5000 : false,
  });
  const status = asset.data?.assetStatus;
  const busy = status !== undefined && statusLook(status).busy;
  const progress = useAssetProgress(busy ? assetId : null);
  if (busy) {
    const percent = progress?.percent != null ? ` ${progress.percent}%` : '';
    return <>{progress ? `${progress.label}${percent}` : 'Processing…'}</>;
  }
  if (status === assetStatus.error) {
    return (
      <Anchor component={Link} to={`/asset/${assetId}`} size="xs" c="red">
        Uploaded, but it could not be processed
      </Anchor>
    );
  }
  return <>{`Ready · ${formatBytes(size)}`}</>;
}

function Actions({ item }: { item: UploadItem }) {
  const cancel = () =>
    uploadQueue.cancel(item.key).catch((error: unknown) => showError(error, 'The upload could not be cancelled'));
  const name = item.fileName;
  return (
    <div className={classes.actions}>
      {item.phase === 'done' && (
        <span className={classes.done}>
          <Check size={16} aria-hidden />
        </span>
      )}
      {item.phase === 'failed' && (
        <>
          <CircleAlert size={16} aria-hidden className={classes.alert} />
          <Act label="Try again" name={name} icon={<RotateCw size={15} />} run={() => uploadQueue.retry(item.key)} />
        </>
      )}
      {item.phase === 'uploading' && (
        <Act label="Pause" name={name} icon={<Pause size={15} />} run={() => uploadQueue.pause(item.key)} />
      )}
      {item.phase === 'paused' && (
        <Act label="Resume" name={name} icon={<Play size={15} />} run={() => uploadQueue.resume(item.key)} />
      )}
      {item.phase === 'interrupted' && <ContinueButton item={item} />}
      {item.phase !== 'done' && item.phase !== 'finishing' && item.phase !== 'starting' && (
        <Act
          label={item.phase === 'interrupted' ? 'Discard' : 'Cancel'}
          name={name}
          icon={<X size={16} />}
          run={() => void cancel()}
        />
      )}
    </div>
  );
}

interface ActProps {
  label: string;
  name: string;
  icon: ReactNode;
  run: () => void;
}

function Act({ label, name, icon, run }: ActProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon size={30} aria-label={`${label}: ${name}`} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function ContinueButton({ item }: { item: UploadItem }) {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <>
      {problem && (
        <span className="rv-visually-hidden" role="alert">
          {problem}
        </span>
      )}
      <Tooltip
        label={problem ?? 'Choose the file again'}
        color={problem ? 'red' : undefined}
        opened={problem ? true : undefined}
      >
        <ActionIcon size={30} aria-label={`Continue: ${item.fileName}`} onClick={() => input.current?.click()}>
          <FileInput size={16} />
        </ActionIcon>
      </Tooltip>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={`File to continue ${item.fileName}`}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (!file) return;
          setProblem(uploadQueue.continueWith(item.key, file));
        }}
      />
    </>
  );
}
