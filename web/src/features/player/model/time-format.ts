/** How the player says a time. */
import { formatDuration } from '@/shared/format/format';
import type { Rational } from '@/shared/timecode/rational';
import { formatTimecode, frameAt, timecodeFormat } from '@/shared/timecode/timecode';

export type TimeDisplay = 'timecode' | 'clock' | 'frames';

export const displayNames: Record<TimeDisplay, string> = {
  timecode: 'Timecode',
  clock: 'Minutes and seconds',
  frames: 'Frames',
};

export function timeChoices(rate: Rational | null): TimeDisplay[] {
  return rate ? ['timecode', 'clock', 'frames'] : ['clock'];
}

export function timeFormatter(
  display: TimeDisplay,
  rate: Rational | null,
  startTimecode: string | null | undefined,
): (seconds: number) => string {
  if (rate && display === 'timecode') {
    const format = timecodeFormat(rate, startTimecode);
    return (seconds) => formatTimecode(seconds, format);
  }
  if (rate && display === 'frames') return (seconds) => String(frameAt(seconds, rate));
  return (seconds) => formatDuration(seconds * 1000);
}
