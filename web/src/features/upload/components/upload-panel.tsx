import { ActionIcon, Progress, Tooltip } from '@mantine/core';
import { ChevronDown, ChevronUp, Pause, Play, X } from 'lucide-react';
import { useState } from 'react';
import { formatCount, formatRemaining, formatSpeed } from '@/shared/format/format';
import { useUploads } from '../hooks/use-uploads';
import { summarise, type Summary, type UploadItem } from '../model/item';
import { uploadQueue } from '../model/queue';
import { ConflictBar } from './conflict-bar';
import classes from './upload-panel.module.css';
import { UploadRow } from './upload-row';

/** More rows than anybody reads would only make the page slow. */
const maxRows = 100;

const order: UploadItem['phase'][] = [
  'conflict',
  'failed',
  'finishing',
  'uploading',
  'starting',
  'paused',
  'interrupted',
  'waiting',
  'done',
];

function headline(summary: Summary): string {
  if (summary.active > 0 || summary.unfinished > summary.paused)
    return `Uploading ${formatCount(summary.unfinished, 'file')}`;
  if (summary.paused > 0) return `${formatCount(summary.paused, 'upload')} paused`;
  if (summary.conflicts > 0) return `${formatCount(summary.conflicts, 'name')} already taken`;
  if (summary.failed > 0) return `${formatCount(summary.failed, 'upload')} failed`;
  if (summary.interrupted > 0) return `${formatCount(summary.interrupted, 'upload')} interrupted`;
  return `${formatCount(summary.done, 'file')} uploaded`;
}

export function UploadPanel() {
  const items = useUploads();
  const [open, setOpen] = useState(true);
  if (items.length === 0) return null;

  const summary = summarise(items);
  const running = summary.active > 0;
  const title = headline(summary);
  const rows = [...items].sort((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase));
  const closable = summary.unfinished + summary.conflicts + summary.interrupted + summary.failed === 0;
  const details = running
    ? [
        `${Math.floor(summary.percent)}%`,
        formatSpeed(summary.bytesPerSecond),
        formatRemaining(summary.remainingSeconds),
      ]
    : [];

  return (
    <section className={classes.panel} aria-label="Uploads" data-open={open}>
      {/* Milestones alone are spoken; percentages would never stop. */}
      <span className="rv-visually-hidden" role="status" aria-live="polite">
        {title}
      </span>
      <header className={classes.header}>
        <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className={classes.title}>{title}</span>
          <span className={`${classes.details} rv-tabular`}>{details.filter(Boolean).join(' · ')}</span>
        </button>
        {summary.unfinished > 1 &&
          (running ? (
            <Tooltip label="Pause all">
              <ActionIcon size={32} aria-label="Pause all uploads" onClick={() => uploadQueue.pauseAll()}>
                <Pause size={16} />
              </ActionIcon>
            </Tooltip>
          ) : (
            <Tooltip label="Resume all">
              <ActionIcon size={32} aria-label="Resume all uploads" onClick={() => uploadQueue.resumeAll()}>
                <Play size={16} />
              </ActionIcon>
            </Tooltip>
          ))}
        <ActionIcon
          size={32}
          aria-label={open ? 'Fold the uploads' : 'Unfold the uploads'}
          onClick={() => setOpen(!open)}
        >
          {open ? <ChevronDown size={17} /> : <ChevronUp size={17} />}
        </ActionIcon>
        {closable && (
          <ActionIcon size={32} aria-label="Close the uploads" onClick={() => uploadQueue.clearFinished()}>
            <X size={17} />
          </ActionIcon>
        )}
      </header>
      {summary.unfinished > 0 && (
        <Progress
          size={2}
          radius={0}
          value={summary.percent}
          aria-label="All uploads"
          color={running ? undefined : 'gray'}
        />
      )}
      {open && (
        <div className={classes.body}>
          {summary.conflicts > 1 && <ConflictBar items={items} />}
          <ul className={classes.list}>
            {rows.slice(0, maxRows).map((item) => (
              <UploadRow key={item.key} item={item} />
            ))}
          </ul>
          {rows.length > maxRows && (
            <p className={classes.more}>and {formatCount(rows.length - maxRows, 'more file')}</p>
          )}
        </div>
      )}
    </section>
  );
}
