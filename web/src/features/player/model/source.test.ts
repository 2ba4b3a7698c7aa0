import { describe, expect, it } from 'vitest';
import type { AssetDetail } from '@/shared/api/types';
import { chooseSource } from './source';

const detail = (more: object) =>
  ({
    relatedAssets: [],
    urls: {},
    streamUrl: null,
    downloadUrl: '/media/a/original/1/a.mov',
    contentType: 'video/quicktime',
    ...more,
  }) as unknown as AssetDetail;
const stream = {
  id: 'r',
  relationshipType: 'stream',
  url: '/media/a/r/master.m3u8',
} as AssetDetail['relatedAssets'][number];

describe('chooseSource', () => {
  it('plays the adaptive stream where there is one', () => {
    expect(chooseSource(detail({ relatedAssets: [stream], streamUrl: '/media/a/r/master.m3u8' }), () => true)).toEqual({
      kind: 'hls',
      url: '/media/a/r/master.m3u8',
      relatedAssetId: 'r',
    });
  });
  it('plays the proxy until the stream is there', () => {
    expect(chooseSource(detail({ urls: { proxy: '/media/a/p/proxy.mp4' } }), () => false)).toMatchObject({
      what: 'proxy',
    });
  });
  it('plays the original only where the browser can', () => {
    expect(chooseSource(detail({}), () => true)).toMatchObject({ what: 'original' });
    expect(chooseSource(detail({}), () => false)).toBeNull();
    expect(chooseSource(detail({ downloadUrl: null }), () => true)).toBeNull();
    expect(chooseSource(detail({ assetStatus: 17 }), () => true)).toBeNull();
  });
});
