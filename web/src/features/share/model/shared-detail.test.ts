import { describe, expect, it } from 'vitest';
import type { SharedAsset } from '@/shared/api/types';
import { detailOf } from './shared-detail';

const shared: SharedAsset = {
  displayName: 'film.mp4',
  message: null,
  mediaType: 'video',
  contentType: 'video/mp4',
  size: 5,
  durationMs: 5000,
  width: 640,
  height: 360,
  frameRate: '25',
  startTimecode: null,
  hasAudio: true,
  expirationDate: null,
  allowDownload: true,
  allowAnnotations: false,
  thumbnailUrl: 'https://host/media/a/t/thumb.jpg?Policy=p',
  previewUrl: 'https://host/media/a/t/preview.jpg?Policy=p',
  streamUrl: 'https://host/media/a/s/master.m3u8?Policy=p',
  spriteUrl: 'https://host/media/a/s/sprites.vtt?Policy=p',
  waveformUrl: null,
  downloadUrl: 'https://host/media/a/original/1/film.mp4?Policy=p',
  urlsExpireAt: '2026-01-01T00:00:00Z',
  pass: 'x',
};

describe('a shared file as the player takes it', () => {
  it('streams by cookies, whose renewal does not change the address', () => {
    const detail = detailOf(shared);
    expect(detail.streamUrl).toBe('/media/a/s/master.m3u8');
    expect(detail.urls.spriteVtt).toBe('/media/a/s/sprites.vtt');
    expect(detail.relatedAssets[0]).toMatchObject({ id: 's', relationshipType: 'stream' });
    expect(detail.previewUrl).toBe(shared.previewUrl);
  });

  it('offers no stream where there is none, and never the original', () => {
    const detail = detailOf({ ...shared, mediaType: 'image', streamUrl: null, spriteUrl: null });
    expect(detail.relatedAssets).toEqual([]);
    expect(detail.downloadUrl).toBeNull();
    expect(detail.id).toBe('a');
  });
});
