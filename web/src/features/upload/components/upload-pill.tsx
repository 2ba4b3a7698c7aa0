import { RingProgress } from '@mantine/core';
import { Check, CircleAlert, Upload } from 'lucide-react';
import { formatCount } from '@/shared/format/format';
import { usePanelUnfolded, useUploads } from '../hooks/use-uploads';
import { summarise } from '../model/item';
import { setUnfolded } from '../model/panel-state';
import { asksForHelp, headline } from './headline';
import classes from './upload-pill.module.css';

/** The uploads where there is no room for more: in the bar at the top of a small screen. */
export function UploadPill() {
  const items = useUploads();
  const unfolded = usePanelUnfolded();
  if (items.length === 0) return null;
  const summary = summarise(items);
  const moving = summary.unfinished > 0;
  const title = headline(summary);
  return (
    <button
      type="button"
      className={`${classes.pill} rv-tabular`}
      data-help={asksForHelp(summary)}
      aria-label={`Uploads: ${title}`}
      aria-expanded={unfolded}
      onClick={() => setUnfolded(!unfolded)}
    >
      {asksForHelp(summary) ? (
        <CircleAlert size={16} aria-hidden />
      ) : moving ? (
        <RingProgress
          size={20}
          thickness={3}
          sections={[{ value: summary.percent, color: summary.active > 0 ? 'iris' : 'gray' }]}
          aria-hidden
        />
      ) : summary.interrupted > 0 ? (
        <Upload size={15} aria-hidden />
      ) : (
        <Check size={15} aria-hidden />
      )}
      {moving ? `${Math.floor(summary.percent)}%` : formatCount(items.length, 'upload')}
    </button>
  );
}
