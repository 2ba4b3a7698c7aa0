import type { Asset } from '@/shared/api/types';
import { parseRate } from '@/shared/timecode/rational';
import { formatFrame, timecodeFormat } from '@/shared/timecode/timecode';

function clock(ms: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map(two).join(':')}.${String(ms % 1000).padStart(3, '0')}`;
}

/** The whole of a film or sound, as its own timecode counts; as elapsed time where it has no frames. */
export function wholeRange(asset: Pick<Asset, 'durationMs' | 'frameRate' | 'startTimecode'>): [string, string] {
  const ms = asset.durationMs ?? 0;
  const rate = asset.frameRate ? parseRate(asset.frameRate) : null;
  if (!rate) return [clock(0), clock(ms)];
  const format = timecodeFormat(rate, asset.startTimecode);
  const frames = Math.floor((ms * rate.num) / rate.den / 1000 + 0.1);
  return [formatFrame(0, format), formatFrame(frames, format)];
}

/** `film.mov` -> `film (clip)`, without what the server appends. */
export function clipName(name: string): string {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return stem.endsWith(' (clip)') ? stem : `${stem} (clip)`;
}
