import { Loader } from '@mantine/core';
import { useFullscreen } from '@mantine/hooks';
import { CircleAlert, Play } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { mediaUrl } from '@/shared/api/media-url';
import type { AssetDetail } from '@/shared/api/types';
import { useStore } from '@/shared/lib/store';
import { usePlayer } from '../hooks/use-player';
import { useSprites } from '../hooks/use-previews';
import { useShortcuts } from '../hooks/use-shortcuts';
import { Controls } from './controls';
import { ShortcutsHelp } from './shortcuts-help';
import { TimeDisplay } from './time-display';
import { Timeline } from './timeline';
import classes from './video-player.module.css';

const idleMs = 2500;

export function VideoPlayer({ detail }: { detail: AssetDetail }) {
  const { controller, setElement, marks, stream, time, help } = usePlayer(detail);
  const { ref: stage, toggle, fullscreen } = useFullscreen<HTMLDivElement>();
  const state = useStore(controller.state);
  const sprites = useSprites(detail.urls.spriteVtt).data ?? [];
  const [started, setStarted] = useState(false);
  const idle = useIdle(fullscreen && state.playing);
  useShortcuts(controller, { marks, fullscreen: toggle, help: help.show });
  if (state.playing && !started) setStarted(true);
  // Who looks for a frame wants to see it, and not a button over it.
  useEffect(() => controller.onTick((seconds) => seconds > 0 && setStarted(true)), [controller]);

  const poster = mediaUrl(detail.urls.poster ?? detail.previewUrl ?? detail.thumbnailUrl);
  const { display, choices, onDisplay, format } = time;
  return (
    <div ref={stage} className={classes.player} data-fullscreen={fullscreen} data-idle={idle}>
      <div className={classes.picture}>
        {/* The controls below and the keyboard do all that a click here does. */}
        {}
        <video
          ref={setElement}
          className={classes.video}
          poster={poster}
          playsInline
          preload="metadata"
          aria-label={detail.displayName}
          onClick={() => controller.toggle()}
          onDoubleClick={() => void toggle()}
        />
        {!started && !state.failed && !state.waiting && (
          <button type="button" className={classes.bigPlay} aria-label="Play" onClick={() => controller.play()}>
            <Play size={30} fill="currentColor" aria-hidden />
          </button>
        )}
        {state.waiting && !state.failed && (
          <div className={classes.over} role="status" aria-label="Loading">
            <Loader color="white" size="md" />
          </div>
        )}
        {state.failed && (
          <div className={classes.over} role="alert">
            <span className={classes.failure}>
              <CircleAlert size={18} aria-hidden />
              {state.failed}
            </span>
          </div>
        )}
      </div>
      <div className={classes.desk}>
        <Timeline controller={controller} marks={marks} sprites={sprites} format={format} />
        <Controls
          controller={controller}
          stream={stream}
          frames
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
          fullscreen={{ active: fullscreen, toggle: () => void toggle() }}
        />
      </div>
      <ShortcutsHelp opened={help.open} onClose={help.hide} />
    </div>
  );
}

/** Whether nothing was moved or pressed for a while; only asked while it matters. */
function useIdle(enabled: boolean): boolean {
  const [idle, setIdle] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    if (!enabled) return;
    const wake = () => {
      setIdle(false);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setIdle(true), idleMs);
    };
    wake();
    const events = ['pointermove', 'pointerdown', 'keydown'] as const;
    events.forEach((name) => window.addEventListener(name, wake));
    return () => {
      clearTimeout(timer.current);
      events.forEach((name) => window.removeEventListener(name, wake));
      setIdle(false);
    };
  }, [enabled]);
  return idle;
}
