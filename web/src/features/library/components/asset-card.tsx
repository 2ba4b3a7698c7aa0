import { Progress } from '@mantine/core';
import { Link } from 'react-router-dom';
import { isFolder, statusLook } from '@/shared/assets/status';
import { formatBytes, formatDate, formatDuration } from '@/shared/format/format';
import { useAssetProgress } from '@/shared/live/progress-store';
import { MediaIcon, mediaName } from '@/shared/ui/media-icon';
import { StatusBadge } from '@/shared/ui/status-badge';
import classes from './asset-card.module.css';
import { AssetMenu, assetPath } from './asset-menu';
import { ItemCheck } from './item-check';
import type { ItemProps } from './item';
import { Thumbnail } from './thumbnail';

export function FolderCard({ asset, index, total, actions, selected, onCheck }: ItemProps) {
  return (
    <div
      className={classes.folder}
      data-selected={selected}
      role="listitem"
      aria-setsize={total}
      aria-posinset={index + 1}
    >
      <Link
        to={assetPath(asset)}
        className={classes.folderLink}
        data-index={index}
        data-asset={asset.id}
        data-drop={asset.id}
      >
        <span className={classes.folderIcon}>
          <MediaIcon asset={asset} size={18} />
        </span>
        <span className={classes.name} title={asset.displayName}>
          {asset.displayName}
        </span>
      </Link>
      <ItemCheck asset={asset} selected={selected} onCheck={onCheck} className={classes.folderCheck} />
      <AssetMenu asset={asset} className={classes.folderMenu} {...actions} />
    </div>
  );
}

export function FileCard({ asset, index, total, actions, selected, onCheck, note }: ItemProps) {
  const folder = isFolder(asset);
  const kind = folder ? 'Folder' : mediaName(asset.mediaType);
  const busy = statusLook(asset.assetStatus).busy;
  const progress = useAssetProgress(busy ? asset.id : null);
  return (
    <div
      className={classes.file}
      data-selected={selected}
      role="listitem"
      aria-setsize={total}
      aria-posinset={index + 1}
    >
      <Link
        to={assetPath(asset)}
        className={classes.fileLink}
        data-index={index}
        data-asset={asset.id}
        data-drop={folder ? asset.id : undefined}
      >
        <span className={classes.picture}>
          <Thumbnail asset={asset} />
          <span className={classes.kind} title={kind}>
            <MediaIcon asset={asset} size={13} strokeWidth={2} />
            <span className="rv-visually-hidden">{kind}</span>
          </span>
          {asset.durationMs != null && asset.durationMs > 0 && (
            <span className={`${classes.duration} rv-tabular`}>{formatDuration(asset.durationMs)}</span>
          )}
          <span className={classes.status}>
            <StatusBadge asset={asset} progress={progress} />
          </span>
          {busy && (
            <Progress
              className={classes.progress}
              size={3}
              radius={0}
              value={progress?.percent ?? 100}
              animated={progress?.percent == null}
              aria-label={`${progress?.label ?? 'Processing'} ${asset.displayName}`}
            />
          )}
        </span>
        <span className={classes.name} title={asset.displayName}>
          {asset.displayName}
        </span>
        <span className={classes.meta}>
          {note ?? [!folder && formatBytes(asset.size), formatDate(asset.createdAt)].filter(Boolean).join(' · ')}
        </span>
      </Link>
      <ItemCheck asset={asset} selected={selected} onCheck={onCheck} className={classes.fileCheck} />
      <AssetMenu asset={asset} className={classes.fileMenu} {...actions} />
    </div>
  );
}
