import type { ReactNode } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { browserCanPlay } from '../model/source';
import { stageOf } from '../model/stage';
import { AudioPlayer } from './audio-player';
import { DocumentViewer } from './document-viewer';
import { ImageViewer } from './image-viewer';
import { VideoPlayer } from './video-player';
import { WaitingStage } from './waiting-stage';

interface Props {
  detail: AssetDetail;
  /** What one can do where there is nothing to see. */
  remedy?: ReactNode;
}

/** Whether there is nothing to see of it, and the stage itself says why. */
export function isBare(detail: AssetDetail): boolean {
  return stageOf(detail, browserCanPlay) === 'waiting';
}

/** The large part of an asset's page: whatever fits the kind of asset and what there is of it. */
export function MediaStage({ detail, remedy }: Props) {
  const key = `${detail.id}:${detail.version}`;
  switch (stageOf(detail, browserCanPlay)) {
    case 'waiting':
      return <WaitingStage detail={detail} remedy={remedy} />;
    case 'video':
      return <VideoPlayer key={key} detail={detail} />;
    case 'audio':
      return <AudioPlayer key={key} detail={detail} />;
    case 'image':
      return <ImageViewer key={key} detail={detail} />;
    case 'document':
      return <DocumentViewer detail={detail} />;
  }
}
