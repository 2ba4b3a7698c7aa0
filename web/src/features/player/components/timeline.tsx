import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { Marks } from '@/shared/assets/playhead';
import { useStore, type Store } from '@/shared/lib/store';
import type { MediaController } from '../model/controller';
import { spriteAt, type SpriteCue } from '../model/sprites';
import classes from './timeline.module.css';

interface Props {
  controller: MediaController;
  marks: Store<Marks>;
  sprites: readonly SpriteCue[];
  /** The words for a time: timecode or clock. */
  format: (seconds: number) => string;
}

/** Width of the preview picture on the page, whatever the sheet holds. */
const previewWidth = 176;

/** The time line: where it is, what is loaded, and a look at what lies under the pointer. */
export function Timeline({ controller, marks, sprites, format }: Props) {
  const duration = useStore(controller.state, (state) => state.duration);
  const { start, end } = useStore(marks);
  const track = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<{ seconds: number; x: number; width: number } | null>(null);
  const [dragging, setDragging] = useState(false);

  // The play head moves with each frame: past React, straight into the style.
  useEffect(() => {
    const element = track.current;
    if (!element) return;
    let spoken = -1;
    return controller.onTick((seconds, buffered) => {
      const share = (value: number) => (duration > 0 ? Math.min(1, value / duration) : 0);
      element.style.setProperty('--played', String(share(seconds)));
      element.style.setProperty('--loaded', String(share(buffered)));
      const whole = Math.floor(seconds);
      if (whole === spoken) return;
      spoken = whole;
      element.setAttribute('aria-valuenow', seconds.toFixed(1));
      element.setAttribute('aria-valuetext', `${format(seconds)} of ${format(duration)}`);
    });
  }, [controller, duration, format]);

  const at = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.max(0, Math.min(event.clientX - box.left, box.width));
    return { seconds: box.width > 0 ? (x / box.width) * duration : 0, x, width: box.width };
  };

  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || duration === 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragging(true);
    const place = at(event);
    setHover(place);
    controller.seek(place.seconds);
  };

  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (event.pointerType === 'touch' && !dragging) return;
    const place = at(event);
    setHover(place);
    if (dragging) controller.seek(place.seconds);
  };

  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => {
    setDragging(false);
    if (event.pointerType === 'touch') setHover(null);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'PageUp' && event.key !== 'PageDown') return;
    event.preventDefault();
    controller.seekBy((event.key === 'PageUp' ? 1 : -1) * (duration / 10));
  };

  return (
    <div
      ref={track}
      className={classes.timeline}
      role="slider"
      tabIndex={0}
      aria-label="Time line"
      aria-valuemin={0}
      aria-valuemax={Number(duration.toFixed(1))}
      aria-valuenow={0}
      aria-disabled={duration === 0}
      data-dragging={dragging}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDragging(false)}
      onPointerLeave={() => !dragging && setHover(null)}
      onKeyDown={onKeyDown}
    >
      <div className={classes.rail}>
        <div className={classes.loaded} />
        <div className={classes.played} />
        {hover && <div className={classes.reach} style={{ width: hover.x }} />}
      </div>
      {(start !== null || end !== null) && duration > 0 && (
        <div
          className={classes.marked}
          data-testid="marked"
          title={`Marked from ${format(start ?? 0)} to ${format(end ?? duration)}`}
          style={{
            left: `${((start ?? 0) / duration) * 100}%`,
            right: `${(1 - Math.min(1, (end ?? duration) / duration)) * 100}%`,
          }}
        />
      )}
      <div className={classes.head} />
      {hover && duration > 0 && (
        <Preview {...hover} cue={spriteAt(sprites, hover.seconds)} text={format(hover.seconds)} />
      )}
    </div>
  );
}

interface PreviewProps {
  x: number;
  width: number;
  cue: SpriteCue | null;
  text: string;
}

function Preview({ x, width, cue, text }: PreviewProps) {
  const half = (cue ? previewWidth : 96) / 2 + 2;
  const left = Math.max(half, Math.min(x, width - half));
  const scale = cue ? previewWidth / cue.width : 1;
  return (
    <div
      className={classes.preview}
      style={{ left: width > half * 2 ? left : width / 2 }}
      aria-hidden
      data-testid="sprite-preview"
    >
      {cue && (
        <div className={classes.window} style={{ width: previewWidth, height: cue.height * scale }}>
          <div
            className={classes.picture}
            style={{
              width: cue.width,
              height: cue.height,
              backgroundImage: `url("${cue.url}")`,
              backgroundPosition: `-${cue.x}px -${cue.y}px`,
              transform: `scale(${scale})`,
            }}
          />
        </div>
      )}
      <span className={`${classes.time} rv-tabular`}>{text}</span>
    </div>
  );
}
