import { Check } from 'lucide-react';
import type { Asset } from '@/shared/api/types';
import classes from './item-check.module.css';

interface Props {
  asset: Asset;
  selected: boolean;
  onCheck: (asset: Asset, range: boolean) => void;
  className?: string;
}

/** Selects with the mouse; the keyboard has the space bar on the item itself, so this is no further stop for it. */
export function ItemCheck({ asset, selected, onCheck, className }: Props) {
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={selected}
      aria-label={`Select ${asset.displayName}`}
      tabIndex={-1}
      className={`${classes.check} ${className ?? ''}`}
      data-check
      onClick={(event) => onCheck(asset, event.shiftKey)}
    >
      <span className={classes.box} aria-hidden>
        {selected && <Check size={13} strokeWidth={3} />}
      </span>
    </button>
  );
}
