import { Loader, Progress } from '@mantine/core';
import { Archive, CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { mediaUrl } from '@/shared/api/media-url';
import type { AssetDetail } from '@/shared/api/types';
import { assetStatus, isArchived, statusLook } from '@/shared/assets/status';
import { troubleOf } from '@/shared/assets/trouble';
import { usePicture } from '@/shared/assets/use-picture';
import { useAssetProgress } from '@/shared/live/progress-store';
import classes from './waiting-stage.module.css';

/** Shown where there is nothing to play yet, or never will be: what is known, over the picture there is. */
export function WaitingStage({ detail, remedy }: { detail: AssetDetail; remedy?: ReactNode }) {
  const trouble = troubleOf(detail);
  const live = useAssetProgress(detail.id);
  const archived = isArchived(detail.assetStatus);
  // Of what is in the archive the small picture stays at hand.
  const poster = usePicture(detail.id, archived ? null : detail.previewUrl, detail.thumbnailUrl);
  const look = statusLook(detail.assetStatus, detail.assetStatusName);
  const uploading = detail.assetStatus === assetStatus.uploading;
  return (
    <div className={classes.stage}>
      {poster.address && (
        <img className={classes.poster} src={mediaUrl(poster.address)} alt="" onError={poster.onError} />
      )}
      <div className={classes.card} role="status">
        {look.busy ? (
          <>
            <Loader size="sm" color="white" aria-hidden />
            <strong>{busyTitle(uploading, archived)}</strong>
            <span className="rv-tabular">
              {live ? `${live.label}${live.percent != null ? ` · ${live.percent}%` : ''}` : look.label}
            </span>
            {live?.percent != null && (
              <Progress className={classes.bar} size={4} value={live.percent} aria-label={live.label} />
            )}
          </>
        ) : archived ? (
          <>
            <Archive size={22} aria-hidden />
            <strong>In the archive</strong>
            <span>It can be looked at and downloaded once it is restored.</span>
          </>
        ) : (
          <>
            <CircleAlert size={22} aria-hidden />
            <strong>{trouble?.title ?? nothingTitle(detail.mediaType)}</strong>
            <span>{trouble?.words ?? (detail.downloadUrl ? 'The original can be downloaded.' : null)}</span>
            {trouble?.again && remedy && <div className={classes.remedy}>{remedy}</div>}
          </>
        )}
      </div>
    </div>
  );
}

function busyTitle(uploading: boolean, archived: boolean): string {
  if (uploading) return 'Being uploaded';
  return archived ? 'Coming back from the archive' : 'Getting ready to play';
}

function nothingTitle(mediaType: string | null): string {
  return mediaType === 'video' || mediaType === 'audio' ? 'There is nothing to play' : 'There is nothing to show';
}
