import { Loader } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { isSettled, statusLook } from '../assets/status';
import type { AssetProgress } from '../live/progress-store';
import classes from './status-badge.module.css';

interface Props {
  asset: { assetStatus: number; assetStatusName: string };
  progress?: AssetProgress | null;
  /** Says so even when all is well. */
  always?: boolean;
}

export function StatusBadge({ asset, progress, always = false }: Props) {
  if (isSettled(asset.assetStatus) && !always) return null;
  const look = statusLook(asset.assetStatus, asset.assetStatusName);
  const percent = look.busy && progress?.percent != null ? ` ${progress.percent}%` : '';
  return (
    <span className={classes.badge} data-color={look.color}>
      {look.busy ? (
        <Loader size={10} color="currentColor" aria-hidden />
      ) : look.color === 'red' ? (
        <CircleAlert size={12} aria-hidden />
      ) : (
        <span className={classes.dot} aria-hidden />
      )}
      <span className="rv-tabular">
        {look.label}
        {percent}
      </span>
    </span>
  );
}
