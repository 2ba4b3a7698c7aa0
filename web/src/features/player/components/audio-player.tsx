import { AudioLines, CircleAlert } from 'lucide-react';
import { mediaUrl } from '@/shared/api/media-url';
import type { AssetDetail } from '@/shared/api/types';
import { usePicture } from '@/shared/assets/use-picture';
import { useStore } from '@/shared/lib/store';
import { usePlayer } from '../hooks/use-player';
import { usePeaks } from '../hooks/use-previews';
import { useShortcuts } from '../hooks/use-shortcuts';
import classes from './audio-player.module.css';
import { Controls } from './controls';
import { ShortcutsHelp } from './shortcuts-help';
import { TimeDisplay } from './time-display';
import { Timeline } from './timeline';
import { Waveform } from './waveform';

/** Without a cover the server's picture is one of the sound itself, which is shown better below. */
function hasCover(detail: AssetDetail): boolean {
  const { streams } = detail.mediaProperties;
  return (
    Array.isArray(streams) &&
    streams.some((stream) => (stream as { attachedPicture?: unknown }).attachedPicture === true)
  );
}

export function AudioPlayer({ detail }: { detail: AssetDetail }) {
  const { controller, setElement, marks, stream, time, help } = usePlayer(detail);
  const failed = useStore(controller.state, (state) => state.failed);
  const peaks = usePeaks(detail.urls.waveform).data ?? [];
  const cover = usePicture(detail.id, ...(hasCover(detail) ? [detail.previewUrl, detail.thumbnailUrl] : []));
  useShortcuts(controller, { marks, help: help.show });
  const { display, choices, onDisplay, format } = time;
  return (
    <div className={classes.player}>
      <div className={classes.face}>
        {cover.address ? (
          <img className={classes.cover} src={mediaUrl(cover.address)} alt="" onError={cover.onError} />
        ) : (
          <span className={classes.sign}>
            <AudioLines size={64} strokeWidth={1.2} aria-hidden />
          </span>
        )}
      </div>
      {failed && (
        <p className={classes.failure} role="alert">
          <CircleAlert size={16} aria-hidden /> {failed}
        </p>
      )}
      {peaks.length > 0 && (
        <div className={classes.wave}>
          <Waveform controller={controller} peaks={peaks} format={format} />
        </div>
      )}
      <div className={classes.desk}>
        <audio ref={setElement} preload="metadata" aria-label={detail.displayName} />
        <Timeline controller={controller} marks={marks} sprites={[]} format={format} />
        <Controls
          controller={controller}
          stream={stream}
          frames={false}
          time={
            <TimeDisplay
              controller={controller}
              display={display}
              choices={choices}
              onDisplay={onDisplay}
              format={format}
            />
          }
          onHelp={help.show}
        />
      </div>
      <ShortcutsHelp opened={help.open} onClose={help.hide} />
    </div>
  );
}
