import { ActionIcon, Progress, Tooltip } from '@mantine/core';
import { ChevronDown, ChevronUp, Pause, Play, X } from 'lucide-react';
import { formatCount, formatRemaining, formatSpeed } from '@/shared/format/format';
import { usePanelUnfolded, useUploads } from '../hooks/use-uploads';
import { summarise, type UploadItem } from '../model/item';
import { setUnfolded } from '../model/panel-state';
import { uploadQueue } from '../model/queue';
import { ConflictBar } from './conflict-bar';
import { asksForHelp, headline } from './headline';
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
  'waiting',
  'interrupted',
  'done',
];

interface Props {
  /** In the rail, where it stays as one line when folded, or at the foot of the page, where a pill stands for it. */
  place: 'rail' | 'foot';
}

/** The uploads of this browser. It has a place of its own in the page and lies over nothing. */
export function UploadPanel({ place }: Props) {
  const items = useUploads();
  const unfolded = usePanelUnfolded();
  const title = items.length > 0 ? headline(summarise(items)) : '';
  return (
    <>
      {/* Milestones alone are spoken; percentages would never stop. */}
      <span className="rv-visually-hidden" role="status" aria-live="polite">
        {title}
      </span>
      {items.length > 0 && (unfolded || place === 'rail') && <Panel items={items} unfolded={unfolded} place={place} />}
    </>
  );
}

function Panel({ items, unfolded, place }: Props & { items: UploadItem[]; unfolded: boolean }) {
  const summary = summarise(items);
  const running = summary.active > 0;
  const rows = [...items].sort((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase));
  const closable = summary.unfinished + summary.conflicts + summary.interrupted + summary.failed === 0;
  const details = running
    ? [
        `${Math.floor(summary.percent)}%`,
        formatSpeed(summary.bytesPerSecond),
        formatRemaining(summary.remainingSeconds),
      ]
    : [];
  const fold = () => setUnfolded(!unfolded);

  return (
    <section className={classes.panel} aria-label="Uploads" data-place={place} data-open={unfolded}>
      <header className={classes.header}>
        <button
          type="button"
          className={classes.toggle}
          data-help={asksForHelp(summary)}
          aria-expanded={unfolded}
          onClick={fold}
        >
          <span className={classes.title}>{headline(summary)}</span>
        </button>
        {summary.unfinished > 1 &&
          (running ? (
            <Tooltip label="Pause all">
              <ActionIcon size={30} aria-label="Pause all uploads" onClick={() => uploadQueue.pauseAll()}>
                <Pause size={15} />
              </ActionIcon>
            </Tooltip>
          ) : (
            <Tooltip label="Resume all">
              <ActionIcon size={30} aria-label="Resume all uploads" onClick={() => uploadQueue.resumeAll()}>
                <Play size={15} />
              </ActionIcon>
            </Tooltip>
          ))}
        <ActionIcon size={30} aria-label={unfolded ? 'Fold the uploads' : 'Unfold the uploads'} onClick={fold}>
          {unfolded ? <ChevronDown size={16} /> : <ChevronUp size={16} />}
        </ActionIcon>
        {closable && (
          <ActionIcon size={30} aria-label="Close the uploads" onClick={() => uploadQueue.clearFinished()}>
            <X size={16} />
          </ActionIcon>
        )}
      </header>
      {/* Below the buttons, which leave no room for it in the rail. */}
      {running && <p className={`${classes.details} rv-tabular`}>{details.filter(Boolean).join(' · ')}</p>}
      {summary.unfinished > 0 && (
        <Progress
          className={classes.bar}
          size={2}
          radius={0}
          value={summary.percent}
          aria-label="All uploads"
          color={running ? undefined : 'gray'}
        />
      )}
      {unfolded && (
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
          {summary.interrupted > 0 && (
            <p className={classes.more}>
              To go on with what was interrupted, choose its file again, or drop it into its folder.
            </p>
          )}
        </div>
      )}
    </section>
  );
}
