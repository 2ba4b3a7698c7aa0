import type { AssetDetail } from '@/shared/api/types';
import { isArchived } from '@/shared/assets/status';
import { browserCanPlay, chooseSource } from '../model/source';
import { AudioPlayer } from './audio-player';
import { DocumentViewer } from './document-viewer';
import { ImageViewer } from './image-viewer';
import { VideoPlayer } from './video-player';
import { WaitingStage } from './waiting-stage';

/** The large part of an asset's page: whatever fits the kind of asset and what there is of it. */
export function MediaStage({ detail }: { detail: AssetDetail }) {
  const key = `${detail.id}:${detail.version}`;
  if (isArchived(detail.assetStatus)) return <WaitingStage detail={detail} />;
  switch (detail.mediaType) {
    case 'video':
    case 'audio': {
      if (!chooseSource(detail, browserCanPlay)) return <WaitingStage detail={detail} />;
      return detail.mediaType === 'video' ? (
        <VideoPlayer key={key} detail={detail} />
      ) : (
        <AudioPlayer key={key} detail={detail} />
      );
    }
    case 'image':
      return detail.previewUrl || detail.downloadUrl ? (
        <ImageViewer key={key} detail={detail} />
      ) : (
        <WaitingStage detail={detail} />
      );
    default:
      return <DocumentViewer detail={detail} />;
  }
}
