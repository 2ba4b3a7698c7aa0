/**
 * A media element with the verbs of a player: shuttling, stepping by frames, a state that components can watch and a clock
 * that ticks with each frame shown. It owns no picture and knows no page.
 */
import { createStore, type Store } from '@/shared/lib/store';
import type { Rational } from '@/shared/timecode/rational';
import { frameAt, timeInsideFrame } from '@/shared/timecode/timecode';
import { shuttleSpeed } from './shuttle';

export interface MediaState {
  /** Something can be shown. */
  ready: boolean;
  playing: boolean;
  ended: boolean;
  /** Wants to play and has nothing to play yet. */
  waiting: boolean;
  duration: number;
  rate: number;
  /** Backwards, at this many times the speed; 0 when not. */
  reverse: number;
  volume: number;
  muted: boolean;
  failed: string | null;
}

const initial: MediaState = {
  ready: false,
  playing: false,
  ended: false,
  waiting: false,
  duration: 0,
  rate: 1,
  reverse: 0,
  volume: 1,
  muted: false,
  failed: null,
};

type Tick = (seconds: number, buffered: number) => void;

const events = [
  'loadedmetadata',
  'durationchange',
  'loadeddata',
  'canplay',
  'play',
  'playing',
  'pause',
  'ended',
  'waiting',
  'stalled',
  'ratechange',
  'volumechange',
  'seeking',
  'seeked',
  'error',
  'emptied',
] as const;

const volumeKey = 'rv.player.volume';

export class MediaController {
  readonly state: Store<MediaState> = createStore(initial);
  private element: HTMLMediaElement | null = null;
  private readonly ticks = new Set<Tick>();
  private frame = 0;
  private wantsToPlay = false;
  private reverseFrom: { at: number } | null = null;

  private frameRate: Rational | null = null;

  /** Where playing goes on when the source is replaced, as when a stream follows on the original. */
  resumeAt = 0;

  /** The frame rate, where known; stepping falls back to a 25th of a second. */
  setFrameRate(rate: Rational | null): void {
    this.frameRate = rate;
  }

  attach(element: HTMLMediaElement): () => void {
    this.element = element;
    this.restoreVolume(element);
    const update = (event?: Event) => this.update(event?.type);
    const tick = () => this.tick();
    events.forEach((name) => element.addEventListener(name, update));
    ['timeupdate', 'progress', 'seeking', 'seeked', 'loadedmetadata'].forEach((name) =>
      element.addEventListener(name, tick),
    );
    const loop = () => {
      if (!element.paused || this.reverseFrom) {
        this.runReverse();
        this.tick();
      }
      this.frame = requestAnimationFrame(loop);
    };
    this.frame = requestAnimationFrame(loop);
    this.update();
    return () => {
      cancelAnimationFrame(this.frame);
      events.forEach((name) => element.removeEventListener(name, update));
      ['timeupdate', 'progress', 'seeking', 'seeked', 'loadedmetadata'].forEach((name) =>
        element.removeEventListener(name, tick),
      );
      this.resumeAt = element.currentTime;
      this.element = null;
      this.reverseFrom = null;
      this.state.set(initial);
    };
  }

  /** Calls back for each frame while playing and after each seek. */
  onTick(tick: Tick): () => void {
    this.ticks.add(tick);
    tick(this.currentTime, this.bufferedEnd());
    return () => this.ticks.delete(tick);
  }

  get currentTime(): number {
    return this.element?.currentTime ?? 0;
  }

  play(): void {
    this.stopReverse();
    const { element } = this;
    if (!element) return;
    if (element.ended) element.currentTime = 0;
    this.wantsToPlay = true;
    // Refused without a gesture, or interrupted by a pause: neither is a fault.
    element.play().catch(() => this.update());
  }

  pause(): void {
    this.stopReverse();
    this.wantsToPlay = false;
    this.element?.pause();
    this.update();
  }

  toggle(): void {
    if (this.speed() !== 0) this.pause();
    else {
      this.setRate(1);
      this.play();
    }
  }

  seek(seconds: number): void {
    const { element, frameRate } = this;
    if (!element) return;
    const end = Number.isFinite(element.duration) ? element.duration : seconds;
    const wanted = Math.max(0, Math.min(seconds, end));
    // Between frames it depends on rounding which one is shown; inside one it does not, and the label is right.
    const inside = frameRate && wanted > 0 ? timeInsideFrame(frameAt(wanted, frameRate), frameRate) : wanted;
    element.currentTime = Math.min(inside, end);
    this.tick();
  }

  seekBy(seconds: number): void {
    this.seek(this.currentTime + seconds);
  }

  stepFrames(count: number): void {
    this.pause();
    const rate = this.frameRate ?? { num: 25, den: 1 };
    this.seek(timeInsideFrame(Math.max(0, frameAt(this.currentTime, rate) + count), rate));
  }

  shuttle(direction: 1 | -1): void {
    const speed = shuttleSpeed(this.speed(), direction);
    if (speed > 0) {
      this.setRate(speed);
      this.play();
    } else if (speed < 0) {
      this.wantsToPlay = false;
      this.element?.pause();
      this.reverseFrom = { at: performance.now() };
      this.state.set((state) => ({ ...state, reverse: -speed }));
    } else {
      this.pause();
    }
  }

  setRate(rate: number): void {
    if (this.element) this.element.playbackRate = rate;
  }

  setVolume(volume: number): void {
    if (!this.element) return;
    this.element.volume = Math.max(0, Math.min(1, volume));
    this.element.muted = this.element.volume === 0;
  }

  toggleMute(): void {
    if (!this.element) return;
    this.element.muted = !this.element.muted;
    if (!this.element.muted && this.element.volume === 0) this.element.volume = 0.5;
  }

  fail(message: string | null): void {
    this.state.set((state) => ({ ...state, failed: message }));
  }

  /** Read from the element itself: its events, and so the state, come later than a quick second key. */
  private speed(): number {
    if (this.reverseFrom) return -this.state.get().reverse;
    return this.element && !this.element.paused && !this.element.ended ? this.element.playbackRate : 0;
  }

  private update(event?: string): void {
    const { element } = this;
    if (!element) return;
    if (event === 'pause' && !element.ended && !this.reverseFrom) this.wantsToPlay = false;
    if (event === 'play') this.wantsToPlay = true;
    if (event === 'volumechange') this.keepVolume(element);
    const ready = element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    this.state.set((state) => ({
      ready,
      playing: !element.paused && !element.ended,
      ended: element.ended,
      waiting:
        (this.wantsToPlay && element.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !element.ended) ||
        (element.seeking && !this.reverseFrom && !ready),
      duration: Number.isFinite(element.duration) ? element.duration : 0,
      rate: element.playbackRate,
      reverse: this.reverseFrom ? state.reverse : 0,
      volume: element.volume,
      muted: element.muted,
      failed: event === 'error' && element.error ? 'This could not be played.' : state.failed,
    }));
  }

  private tick(): void {
    const seconds = this.currentTime;
    const buffered = this.bufferedEnd();
    this.ticks.forEach((tick) => tick(seconds, buffered));
  }

  private bufferedEnd(): number {
    const ranges = this.element?.buffered;
    const now = this.currentTime;
    if (!ranges) return 0;
    for (let at = 0; at < ranges.length; at += 1) {
      if (ranges.start(at) <= now + 0.1 && ranges.end(at) >= now) return ranges.end(at);
    }
    return now;
  }

  /** Browsers do not play backwards; this seeks back as fast as frames can be shown. */
  private runReverse(): void {
    const { element, reverseFrom } = this;
    if (!element || !reverseFrom || element.seeking) return;
    const now = performance.now();
    const elapsed = (now - reverseFrom.at) / 1000;
    if (elapsed < 0.03) return;
    reverseFrom.at = now;
    const to = element.currentTime - elapsed * this.state.get().reverse;
    if (to <= 0) {
      element.currentTime = 0;
      this.pause();
    } else {
      element.currentTime = to;
    }
  }

  private stopReverse(): void {
    this.reverseFrom = null;
    this.state.set((state) => (state.reverse === 0 ? state : { ...state, reverse: 0 }));
  }

  private restoreVolume(element: HTMLMediaElement): void {
    try {
      const kept = JSON.parse(localStorage.getItem(volumeKey) ?? 'null') as { volume: number; muted: boolean } | null;
      if (!kept) return;
      element.volume = Math.max(0, Math.min(1, Number(kept.volume)));
      element.muted = Boolean(kept.muted);
    } catch {
      // As loud as it comes, then.
    }
  }

  private keepVolume(element: HTMLMediaElement): void {
    try {
      localStorage.setItem(volumeKey, JSON.stringify({ volume: element.volume, muted: element.muted }));
    } catch {
      // It is only forgotten.
    }
  }
}
