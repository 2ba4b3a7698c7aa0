/** A shared file in the form that the player takes, of what its link's page knows. */
import type { AssetDetail, SharedAsset } from '@/shared/api/types';
import { assetStatus } from '@/shared/assets/status';

const nothing = null;

/** `/media/{asset}/{related}/…`: what lies below it is opened by the share's cookies, without the signature. */
function bare(url: string | null): string | null {
  return url ? new URL(url).pathname : null;
}

export function detailOf(shared: SharedAsset): AssetDetail {
  const streamUrl = bare(shared.streamUrl);
  const [, , assetId = '', relatedId = ''] = (streamUrl ?? bare(shared.previewUrl ?? shared.thumbnailUrl) ?? '').split(
    '/',
  );
  return {
    id: assetId,
    parentId: nothing,
    assetType: 2,
    assetTypeName: 'File',
    assetStatus: assetStatus.available,
    assetStatusName: 'Available',
    displayName: shared.displayName,
    description: nothing,
    fileName: nothing,
    contentType: shared.contentType,
    mediaType: shared.mediaType,
    size: shared.size,
    checksum: nothing,
    bucketName: nothing,
    objectKey: nothing,
    sourceKey: nothing,
    path: '',
    storageClass: nothing,
    archiveTier: false,
    languageCode: nothing,
    durationMs: shared.durationMs,
    frameRate: shared.frameRate,
    width: shared.width,
    height: shared.height,
    hasAudio: shared.hasAudio,
    startTimecode: shared.startTimecode,
    tags: [],
    collections: [],
    customFields: {},
    thumbnailUrl: shared.thumbnailUrl,
    previewUrl: shared.previewUrl,
    streamUrl,
    // The page has a button for it; its address lives for minutes and would end under a picture that is shown.
    downloadUrl: nothing,
    availableFrom: nothing,
    availableUntil: nothing,
    createdAt: '',
    createdBy: nothing,
    modifiedAt: '',
    modifiedBy: nothing,
    deletedAt: nothing,
    version: 0,
    error: nothing,
    childCount: nothing,
    mediaProperties: {},
    urls: {
      thumbnail: shared.thumbnailUrl,
      preview: shared.previewUrl,
      stream: streamUrl,
      download: nothing,
      proxy: nothing,
      spriteVtt: bare(shared.spriteUrl),
      waveform: shared.waveformUrl,
      poster: nothing,
    },
    relatedAssets: streamUrl
      ? [
          {
            id: relatedId,
            parentAssetId: assetId,
            relationshipType: 'stream',
            languageCode: nothing,
            contentType: 'application/vnd.apple.mpegurl',
            size: 0,
            url: streamUrl,
            label: nothing,
            error: nothing,
          },
        ]
      : [],
    segments: [],
    labels: [],
    faces: [],
    persons: [],
    detectedText: [],
    transcripts: [],
    subtitles: [],
    adBreaks: [],
    annotationCount: 0,
    processing: [],
    versions: [],
    permissions: { read: true, write: false, manage: false },
  };
}
