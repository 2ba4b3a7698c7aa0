import type { Asset } from '@/shared/api/types';
import type { Marks } from '@/shared/assets/playhead';
import { parseRate } from '@/shared/timecode/rational';
import { formatTimecode, timecodeFormat } from '@/shared/timecode/timecode';

function clock(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map(two).join(':')}.${String(ms % 1000).padStart(3, '0')}`;
}

type Timed = Pick<Asset, 'durationMs' | 'frameRate' | 'startTimecode'>;

/** Says times of a film or sound as its own timecode counts; as elapsed time where it has no frames. */
export function timeOf(asset: Timed): (seconds: number) => string {
  const rate = asset.frameRate ? parseRate(asset.frameRate) : null;
  if (!rate) return (seconds) => clock(Math.round(seconds * 1000));
  const format = timecodeFormat(rate, asset.startTimecode);
  return (seconds) => formatTimecode(seconds, format);
}

/** From where the player stands, or what was marked in it, to the end; all of it where there is no player. */
export function clipRange(asset: Timed, player: { seconds: number; marks: Marks } | null): [string, string] {
  const time = timeOf(asset);
  const rate = asset.frameRate ? parseRate(asset.frameRate) : null;
  const length = (asset.durationMs ?? 0) / 1000;
  // Durations are whole milliseconds, and so end up to one before the last frame does.
  const last = rate ? (Math.floor((length * rate.num) / rate.den + 0.1) * rate.den) / rate.num : length;
  const end = Math.min(player?.marks.end ?? last, last);
  const start = player?.marks.start ?? player?.seconds ?? 0;
  // At the very end nothing would be left.
  return [time(start < end && time(start) !== time(end) ? start : 0), time(end)];
}

/** `film.mov` -> `film (clip)`, without what the server appends. */
export function clipName(name: string): string {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return stem.endsWith(' (clip)') ? stem : `${stem} (clip)`;
}
