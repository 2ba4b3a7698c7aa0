/** Feeds a media element: hls.js where Media Source Extensions exist, the browser's own player elsewhere. */
import type Hls from 'hls.js';
import { useContext, useEffect, useState } from 'react';
import { mediaUrl } from '@/shared/api/media-url';
import { describeError } from '@/shared/api/problem';
import type { MediaController } from '../model/controller';
import type { Source } from '../model/source';
import { StreamAccessContext } from '../model/stream-access';
import { trackNames } from '../model/track-names';

export interface Quality {
  index: number;
  height: number;
  label: string;
  bitrate: number;
}

export interface AudioTrack {
  id: number;
  name: string;
}

export interface SubtitleTrack {
  id: number;
  name: string;
}

export interface StreamControl {
  qualities: Quality[];
  /** The one chosen by hand, or -1: as the connection allows. */
  chosen: number;
  /** The one on the screen. */
  shown: number;
  audioTracks: AudioTrack[];
  audioTrack: number;
  subtitles: SubtitleTrack[];
  /** The one that is shown, or -1. */
  subtitle: number;
  choose: (index: number) => void;
  chooseAudio: (id: number) => void;
  chooseSubtitle: (id: number) => void;
}

const none: StreamControl = {
  qualities: [],
  chosen: -1,
  shown: -1,
  audioTracks: [],
  audioTrack: -1,
  subtitles: [],
  subtitle: -1,
  choose: () => {},
  chooseAudio: () => {},
  chooseSubtitle: () => {},
};

function qualitiesOf(hls: Hls): Quality[] {
  const heights = hls.levels.map((level) => level.height);
  return hls.levels
    .map((level, index) => {
      const name = level.height
        ? `${Math.min(level.height, level.width || level.height)}p`
        : `${Math.round(level.bitrate / 1000)} kbit/s`;
      // Two of the same height are told apart by their rate.
      const twin = heights.indexOf(level.height) !== heights.lastIndexOf(level.height);
      const label = twin && level.height ? `${name} · ${(level.bitrate / 1e6).toFixed(1)} Mbit/s` : name;
      return { index, height: level.height, bitrate: level.bitrate, label };
    })
    .sort((a, b) => b.height - a.height || b.bitrate - a.bitrate);
}

function audioTracksOf(hls: Hls): AudioTrack[] {
  const names = trackNames(hls.audioTracks, navigator.languages);
  return hls.audioTracks.map(({ id, name }, index) => ({ id, name: names[index] ?? name }));
}

async function loadHls(): Promise<typeof Hls> {
  return (await import('hls.js')).default;
}

export function useStream(
  controller: MediaController,
  element: HTMLMediaElement | null,
  assetId: string,
  source: Source | null,
): StreamControl {
  const [control, setControl] = useState<StreamControl>(none);
  const access = useContext(StreamAccessContext);
  const kind = source?.kind;
  const url = mediaUrl(source?.url);
  const relatedAssetId = source?.kind === 'hls' ? source.relatedAssetId : null;

  useEffect(() => {
    if (!element || !url) return;
    let hls: Hls | null = null;
    let stopped = false;
    let renewal: ReturnType<typeof setTimeout> | undefined;
    let recoveries = 0;

    const grant = async () => {
      if (!relatedAssetId) return;
      const { expiresAt } = await access(assetId, relatedAssetId);
      if (stopped) return;
      clearTimeout(renewal);
      const left = expiresAt - Date.now();
      if (Number.isFinite(left)) {
        renewal = setTimeout(
          () => void grant().catch(() => undefined),
          Math.min(Math.max(left * 0.8, 10_000), 2 ** 31 - 1),
        );
      }
    };

    const playNatively = () => {
      element.src = url;
      element.load();
    };

    const playWith = (Library: typeof Hls) => {
      const player = new Library({
        // The picture comes first; later segments are as good as the connection is.
        startLevel: -1,
        capLevelToPlayerSize: false,
        maxBufferLength: 30,
        xhrSetup: (request) => {
          request.withCredentials = true;
        },
      });
      hls = player;
      // Shown when somebody chooses them, not because the browser speaks that language.
      player.subtitleDisplay = false;
      let stale = false;
      // A picture that stands still is painted anew by a seek alone.
      player.on(Library.Events.FRAG_BUFFERED, (_event, { frag }) => {
        const at = element.currentTime;
        if (!stale || frag.type !== 'main' || frag.level !== player.manualLevel || frag.end <= at) return;
        stale = false;
        if (element.paused) element.currentTime = at;
      });
      const publish = () =>
        setControl({
          qualities: qualitiesOf(player),
          chosen: player.manualLevel,
          shown: player.currentLevel,
          audioTracks: audioTracksOf(player),
          audioTrack: player.audioTrack,
          subtitles: player.subtitleTracks.map(({ id, name }) => ({ id, name })),
          subtitle: player.subtitleDisplay ? player.subtitleTrack : -1,
          choose: (index) => {
            // What is buffered is thrown away: it may be the whole film, and then the choice would never be seen. Left to the
            // connection again, what is there is played to its end.
            if (index >= 0) player.currentLevel = index;
            else player.loadLevel = -1;
            stale = index >= 0;
            setControl((current) => ({ ...current, chosen: index }));
          },
          chooseAudio: (id) => {
            player.audioTrack = id;
          },
          chooseSubtitle: (id) => {
            player.subtitleDisplay = id >= 0;
            player.subtitleTrack = id;
            setControl((current) => ({ ...current, subtitle: id }));
          },
        });
      player.on(Library.Events.MANIFEST_PARSED, publish);
      player.on(Library.Events.LEVEL_SWITCHED, publish);
      player.on(Library.Events.AUDIO_TRACKS_UPDATED, publish);
      player.on(Library.Events.AUDIO_TRACK_SWITCHED, publish);
      player.on(Library.Events.SUBTITLE_TRACKS_UPDATED, publish);
      player.on(Library.Events.SUBTITLE_TRACK_SWITCH, publish);
      player.on(Library.Events.ERROR, (_event, data) => {
        if (!data.fatal || stopped) return;
        const refused = data.response?.code === 401 || data.response?.code === 403;
        if (recoveries >= 3) {
          controller.fail(refused ? 'You may no longer watch this.' : 'The stream broke off.');
          return;
        }
        recoveries += 1;
        if (data.type === Library.ErrorTypes.MEDIA_ERROR) player.recoverMediaError();
        // Cookies may have ended while the machine slept.
        else
          void grant().then(
            () => player.loadSource(url),
            () => controller.fail('The stream cannot be reached.'),
          );
      });
      player.attachMedia(element);
      player.loadSource(url);
    };

    const begin = async () => {
      controller.fail(null);
      if (kind === 'file') return playNatively();
      await grant();
      if (stopped) return;
      const Library = await loadHls();
      if (stopped) return;
      if (Library.isSupported()) playWith(Library);
      else playNatively();
    };

    const resumeAt = controller.resumeAt;
    const onMetadata = () => {
      if (resumeAt > 0.5 && element.duration > resumeAt) element.currentTime = resumeAt;
    };
    element.addEventListener('loadedmetadata', onMetadata, { once: true });
    begin().catch((error: unknown) => {
      if (stopped) return;
      const said = describeError(error);
      controller.fail(said.detail ?? said.title);
    });
    return () => {
      stopped = true;
      clearTimeout(renewal);
      controller.resumeAt = element.currentTime;
      element.removeEventListener('loadedmetadata', onMetadata);
      hls?.destroy();
      element.removeAttribute('src');
      element.load();
      setControl(none);
    };
  }, [controller, element, assetId, kind, url, relatedAssetId, access]);

  return control;
}
