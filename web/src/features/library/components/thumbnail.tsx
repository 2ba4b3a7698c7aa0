import { useState } from 'react';
import { mediaUrl } from '@/shared/api/media-url';
import type { Asset } from '@/shared/api/types';
import { MediaIcon } from '@/shared/ui/media-icon';
import classes from './thumbnail.module.css';

interface Props {
  asset: Asset;
  iconSize?: number;
}

/** The picture of an asset, or the sign of its kind until there is one. */
export function Thumbnail({ asset, iconSize = 28 }: Props) {
  const url = mediaUrl(asset.thumbnailUrl);
  const [broken, setBroken] = useState<string | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  return (
    <span className={classes.frame} data-media={asset.mediaType ?? 'other'}>
      {url && broken !== url ? (
        <img
          className={classes.image}
          data-loaded={shown === url}
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => setShown(url)}
          onError={() => setBroken(url)}
        />
      ) : (
        <span className={classes.icon}>
          <MediaIcon asset={asset} size={iconSize} strokeWidth={1.4} />
        </span>
      )}
    </span>
  );
}
