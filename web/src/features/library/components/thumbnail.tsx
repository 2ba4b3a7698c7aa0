import { useState } from 'react';
import { mediaUrl } from '@/shared/api/media-url';
import type { Asset } from '@/shared/api/types';
import { usePicture } from '@/shared/assets/use-picture';
import { MediaIcon } from '@/shared/ui/media-icon';
import classes from './thumbnail.module.css';

interface Props {
  asset: Asset;
  iconSize?: number;
}

/** The picture of an asset, or the sign of its kind until there is one. */
export function Thumbnail({ asset, iconSize = 28 }: Props) {
  const { address, onError } = usePicture(asset.id, asset.thumbnailUrl);
  const url = mediaUrl(address);
  const [shown, setShown] = useState<string | null>(null);
  return (
    <span className={classes.frame} data-media={asset.mediaType ?? 'other'}>
      {url ? (
        <img
          className={classes.image}
          data-loaded={shown === url}
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => setShown(url)}
          onError={onError}
        />
      ) : (
        <span className={classes.icon}>
          <MediaIcon asset={asset} size={iconSize} strokeWidth={1.4} />
        </span>
      )}
    </span>
  );
}
