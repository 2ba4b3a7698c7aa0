/** What is played of an asset: its adaptive stream, else its proxy, else the original where the browser can. */
import type { AssetDetail } from '@/shared/api/types';
import { assetStatus } from '@/shared/assets/status';

export type Source =
  { kind: 'hls'; url: string; relatedAssetId: string } | { kind: 'file'; url: string; what: 'proxy' | 'original' };

export function chooseSource(detail: AssetDetail, canPlay: (contentType: string) => boolean): Source | null {
  const stream = detail.relatedAssets.find((related) => related.relationshipType === 'stream');
  const playlist = detail.streamUrl ?? detail.urls.stream ?? stream?.url;
  if (stream && playlist) return { kind: 'hls', url: playlist, relatedAssetId: stream.id };
  if (detail.urls.proxy) return { kind: 'file', url: detail.urls.proxy, what: 'proxy' };
  if (detail.assetStatus === assetStatus.error) return null;
  if (detail.downloadUrl && detail.contentType && canPlay(detail.contentType)) {
    return { kind: 'file', url: detail.downloadUrl, what: 'original' };
  }
  return null;
}

const probe: Partial<Record<string, HTMLMediaElement>> = {};

export function browserCanPlay(contentType: string): boolean {
  const tag = contentType.startsWith('audio/') ? 'audio' : 'video';
  const element = (probe[tag] ??= document.createElement(tag));
  // QuickTime files of cameras mostly hold H.264, which browsers play under the name of MP4.
  return element.canPlayType(contentType === 'video/quicktime' ? 'video/mp4' : contentType) !== '';
}
