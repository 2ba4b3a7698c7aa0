/** Which of the large views fits an asset, by what it is and what there is of it. */
import type { AssetDetail } from '@/shared/api/types';
import { assetStatus, isArchived, statusLook } from '@/shared/assets/status';
import { reasonOf } from '@/shared/assets/trouble';
import { chooseSource } from './source';

export type Stage = 'waiting' | 'video' | 'audio' | 'image' | 'document';

/** What every browser shows of an original; the rest is shown by the preview that the server made. */
const shownByBrowsers = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif', 'image/bmp']);

export interface Pictures {
  preview: string | null;
  original: string | null;
}

export function picturesOf(detail: AssetDetail): Pictures {
  return {
    preview: detail.previewUrl ?? detail.thumbnailUrl,
    original: shownByBrowsers.has(detail.contentType ?? '') ? detail.downloadUrl : null,
  };
}

export function stageOf(detail: AssetDetail, canPlay: (contentType: string) => boolean): Stage {
  if (isArchived(detail.assetStatus)) return 'waiting';
  const kind = detail.mediaType;
  if (kind !== 'video' && kind !== 'audio' && kind !== 'image') {
    return detail.assetStatus === assetStatus.error && !picturesOf(detail).preview ? 'waiting' : 'document';
  }
  const { shown, made } = kind === 'image' ? pictureOf(detail) : playableOf(detail, canPlay);
  if (!made) {
    if (detail.assetStatus === assetStatus.error) return 'waiting';
    // By its name it would be a film, a sound or a picture; what is in it is not.
    const settled = !statusLook(detail.assetStatus).busy;
    if (settled && (detail.size === 0 || reasonOf(detail))) return 'document';
  }
  return shown ? kind : 'waiting';
}

/** Whether there is anything to show, and whether the server made it. */
function pictureOf(detail: AssetDetail) {
  const { preview, original } = picturesOf(detail);
  return { shown: !!(preview ?? original), made: !!preview };
}

function playableOf(detail: AssetDetail, canPlay: (contentType: string) => boolean) {
  const source = chooseSource(detail, canPlay);
  return { shown: source !== null, made: source !== null && !(source.kind === 'file' && source.what === 'original') };
}
