import { describe, expect, it } from 'vitest';
import type { AssetDetail } from '@/shared/api/types';
import { assetStatus } from '@/shared/assets/status';
import { stageOf } from './stage';

const film = {
  assetStatus: assetStatus.available,
  mediaType: 'video',
  contentType: 'video/mp4',
  size: 1000,
  downloadUrl: '/media/a/original/1/a.mp4',
  previewUrl: null,
  thumbnailUrl: null,
  streamUrl: null,
  relatedAssets: [],
  urls: {},
  mediaProperties: {},
};
const still = { ...film, mediaType: 'image', contentType: 'image/jpeg' };
const stage = (asset: object, canPlay = true) => stageOf(asset as AssetDetail, () => canPlay);

describe('stageOf', () => {
  it('shows what there is', () => {
    expect(stage(film)).toBe('video');
    expect(stage(still)).toBe('image');
    expect(stage({ ...film, mediaType: 'document' })).toBe('document');
    expect(stage({ ...film, mediaType: 'other' })).toBe('document');
  });

  it('says why nothing is shown of a file that could not be processed', () => {
    for (const asset of [film, still, { ...film, mediaType: 'document' }]) {
      expect(stage({ ...asset, assetStatus: assetStatus.error })).toBe('waiting');
    }
  });

  it('still shows what the server made before it failed', () => {
    expect(stage({ ...still, assetStatus: assetStatus.error, previewUrl: '/media/a/p/preview.webp' })).toBe('image');
  });

  it('has no player for a file that is no film, whatever its name', () => {
    expect(stage({ ...film, size: 0, mediaProperties: { reason: 'The file is empty.' } })).toBe('document');
    expect(stage({ ...film, mediaProperties: { reason: 'It is plain text.' } })).toBe('document');
    expect(stage({ ...still, size: 0 })).toBe('document');
    // While it is uploaded nothing is known of it yet.
    expect(stage({ ...film, size: 0, assetStatus: assetStatus.uploading })).toBe('video');
  });

  it('waits where nothing can be shown', () => {
    expect(stage(film, false)).toBe('waiting');
    expect(stage({ ...still, contentType: 'image/heic' })).toBe('waiting');
    expect(stage({ ...film, assetStatus: assetStatus.archived })).toBe('waiting');
  });
});
