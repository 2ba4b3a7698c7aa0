import { Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { sizeText } from '@/shared/assets/original';
import { isFolder, statusLook } from '@/shared/assets/status';
import { formatDate, formatDuration } from '@/shared/format/format';
import { useAssetProgress } from '@/shared/live/progress-store';
import { MediaIcon, mediaName } from '@/shared/ui/media-icon';
import { StatusBadge } from '@/shared/ui/status-badge';
import classes from './asset-card.module.css';
import { AssetMenu, assetPath } from './asset-menu';
import { ItemCheck } from './item-check';
import type { ItemProps } from './item';
import { Thumbnail } from './thumbnail';

interface CardProps extends ItemProps {
  kind: 'folder' | 'file';
  children: ReactNode;
}

/** What every card is: a link to the asset, a box to select it, its menu. */
function Card({ kind, asset, index, total, actions, selected, onCheck, children }: CardProps) {
  const look = kind === 'folder' ? looks.folder : looks.file;
  return (
    <div className={look.card} data-selected={selected} role="listitem" aria-setsize={total} aria-posinset={index + 1}>
      <Link
        to={assetPath(asset)}
        className={look.link}
        data-index={index}
        data-asset={asset.id}
        data-drop={isFolder(asset) ? asset.id : undefined}
      >
        {children}
      </Link>
      <ItemCheck asset={asset} selected={selected} onCheck={onCheck} className={look.check} />
      <AssetMenu asset={asset} className={look.menu} {...actions} />
    </div>
  );
}

const looks = {
  folder: {
    card: classes.folder,
    link: classes.folderLink,
    check: classes.folderCheck,
    menu: classes.folderMenu,
  },
  file: { card: classes.file, link: classes.fileLink, check: classes.fileCheck, menu: classes.fileMenu },
};

function Name({ asset }: Pick<ItemProps, 'asset'>) {
  return (
    <span className={classes.name} title={asset.displayName} dir="auto">
      {asset.displayName}
    </span>
  );
}

export function FolderCard(props: ItemProps) {
  return (
    <Card kind="folder" {...props}>
      <span className={classes.folderIcon}>
        <MediaIcon asset={props.asset} size={18} />
      </span>
      <Name asset={props.asset} />
    </Card>
  );
}

export function FileCard(props: ItemProps) {
  const { asset, note } = props;
  const folder = isFolder(asset);
  const kind = folder ? 'Folder' : mediaName(asset.mediaType);
  const busy = statusLook(asset.assetStatus).busy;
  const progress = useAssetProgress(busy ? asset.id : null);
  return (
    <Card kind="file" {...props}>
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
      <Name asset={asset} />
      <span className={classes.meta}>
        {note ?? [!folder && sizeText(asset), formatDate(asset.createdAt)].filter(Boolean).join(' · ')}
      </span>
    </Card>
  );
}
