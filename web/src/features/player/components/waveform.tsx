import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef, useState, type PointerEvent } from 'react';
import { useStore } from '@/shared/lib/store';
import type { MediaController } from '../model/controller';
import { resamplePeaks } from '../model/waveform';
import classes from './waveform.module.css';

interface Props {
  controller: MediaController;
  peaks: readonly number[];
  format: (seconds: number) => string;
}

const barWidth = 3;
const barGap = 2;
const played = '#8a93f3';
const ahead = 'rgb(255 255 255 / 26%)';

/** The sound as a picture, which is its time line as well. The slider below it serves the keyboard. */
export function Waveform({ controller, peaks, format }: Props) {
  const duration = useStore(controller.state, (state) => state.duration);
  const { ref, width, height } = useElementSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hover, setHover] = useState<{ x: number; seconds: number } | null>(null);

  useEffect(() => {
    const surface = canvas.current;
    const context = surface?.getContext('2d');
    if (!surface || !context || width === 0 || height === 0) return;
    const density = window.devicePixelRatio || 1;
    surface.width = Math.round(width * density);
    surface.height = Math.round(height * density);
    context.scale(density, density);
    const bars = resamplePeaks(peaks, Math.floor(width / (barWidth + barGap)));
    let drawnAt = -1;
    return controller.onTick((seconds) => {
      const head = duration > 0 ? (seconds / duration) * width : 0;
      // A bar is drawn in two colours, so each third of a pixel matters and less does not.
      if (Math.abs(head - drawnAt) < 0.3) return;
      drawnAt = head;
      context.clearRect(0, 0, width, height);
      bars.forEach((peak, at) => {
        const x = at * (barWidth + barGap);
        const tall = Math.max(2, peak * (height - 8));
        context.fillStyle = x + barWidth <= head ? played : ahead;
        context.beginPath();
        context.roundRect(x, (height - tall) / 2, barWidth, tall, 1.5);
        context.fill();
      });
      if (duration > 0) {
        context.fillStyle = '#fff';
        context.fillRect(Math.min(width - 2, head), 0, 2, height);
      }
    });
  }, [controller, peaks, width, height, duration]);

  const at = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.max(0, Math.min(event.clientX - box.left, box.width));
    return { x, seconds: box.width > 0 ? (x / box.width) * duration : 0 };
  };

  return (
    <div
      ref={ref}
      className={classes.waveform}
      role="presentation"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        controller.seek(at(event).seconds);
      }}
      onPointerMove={(event) => {
        setHover(at(event));
        if (event.currentTarget.hasPointerCapture(event.pointerId)) controller.seek(at(event).seconds);
      }}
      onPointerLeave={() => setHover(null)}
    >
      <canvas ref={canvas} className={classes.canvas} aria-hidden />
      {hover && duration > 0 && (
        <span
          className={`${classes.time} rv-tabular`}
          style={{ left: Math.max(28, Math.min(hover.x, width - 28)) }}
          aria-hidden
        >
          {format(hover.seconds)}
        </span>
      )}
    </div>
  );
}
