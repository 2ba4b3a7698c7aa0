import { Link } from 'react-router-dom';
import { sizeText } from '@/shared/assets/original';
import { isFolder, statusLook } from '@/shared/assets/status';
import { formatDate, formatDuration } from '@/shared/format/format';
import { useAssetProgress } from '@/shared/live/progress-store';
import { MediaIcon } from '@/shared/ui/media-icon';
import { StatusBadge } from '@/shared/ui/status-badge';
import { AssetMenu, assetPath } from './asset-menu';
import classes from './asset-row.module.css';
import type { ItemProps } from './item';
import { ItemCheck } from './item-check';
import { Thumbnail } from './thumbnail';

export function AssetRowHeader() {
  return (
    <div className={`${classes.row} ${classes.header}`} aria-hidden>
      <span className={classes.check} />
      <span />
      <span>Name</span>
      <span className={classes.status}>Status</span>
      <span className={classes.number}>Duration</span>
      <span className={classes.number}>Size</span>
      <span className={classes.date}>Added</span>
      <span />
    </div>
  );
}

export function AssetRow({ asset, index, total, actions, selected, onCheck, note }: ItemProps) {
  const folder = isFolder(asset);
  const busy = statusLook(asset.assetStatus).busy;
  const progress = useAssetProgress(busy ? asset.id : null);
  return (
    <div
      className={classes.row}
      data-selected={selected}
      role="listitem"
      aria-setsize={total}
      aria-posinset={index + 1}
    >
      <ItemCheck asset={asset} selected={selected} onCheck={onCheck} className={classes.check} />
      <span className={classes.picture} data-folder={folder}>
        {folder ? <MediaIcon asset={asset} size={19} /> : <Thumbnail asset={asset} iconSize={16} />}
      </span>
      <span className={classes.nameCell}>
        <Link
          to={assetPath(asset)}
          className={classes.name}
          title={asset.displayName}
          dir="auto"
          data-index={index}
          data-asset={asset.id}
          data-drop={folder ? asset.id : undefined}
        >
          {asset.displayName}
        </Link>
        {note && <span className={classes.note}>{note}</span>}
        {!note && !folder && (
          <span className={classes.small}>
            {[sizeText(asset), asset.durationMs ? formatDuration(asset.durationMs) : null].filter(Boolean).join(' · ')}
          </span>
        )}
      </span>
      <span className={classes.status}>
        <StatusBadge asset={asset} progress={progress} />
      </span>
      <span className={`${classes.number} rv-tabular`}>{asset.durationMs ? formatDuration(asset.durationMs) : ''}</span>
      <span className={`${classes.number} rv-tabular`}>{folder ? '' : sizeText(asset)}</span>
      <span className={classes.date}>{formatDate(asset.createdAt)}</span>
      <AssetMenu asset={asset} className={classes.menu} {...actions} />
    </div>
  );
}
