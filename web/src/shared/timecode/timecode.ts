/**
 * SMPTE timecode. A time becomes a frame index, a frame index becomes a label; drop frame leaves out labels, never
 * frames. Drop frame exists at 30000/1001 and 60000/1001 only.
 */
import type { Rational } from './rational';

export interface TimecodeFormat {
  rate: Rational;
  /** Frames that a label's second has room for: 30 at 30000/1001. */
  nominal: number;
  dropFrame: boolean;
  /** The label's frame index at the file's first frame. */
  startFrame: number;
}

interface Label {
  hours: number;
  minutes: number;
  seconds: number;
  frames: number;
  dropFrame: boolean;
}

function parseLabel(text: string): Label | null {
  const match = /^(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})$/.exec(text.trim());
  if (!match) return null;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (minutes > 59 || seconds > 59) return null;
  return { hours, minutes, seconds, frames: Number(match[5]), dropFrame: match[4] !== ':' };
}

export function supportsDropFrame(rate: Rational): boolean {
  return rate.den === 1001 && (rate.num === 30000 || rate.num === 60000);
}

/** Labels left out at the start of each minute that is not a multiple of ten. */
function droppedPerMinute(nominal: number): number {
  return nominal / 15;
}

function labelToFrame(label: Label, nominal: number, dropFrame: boolean): number | null {
  if (label.frames >= nominal) return null;
  const minutes = label.hours * 60 + label.minutes;
  const counted = (minutes * 60 + label.seconds) * nominal + label.frames;
  if (!dropFrame) return counted;
  const dropped = droppedPerMinute(nominal);
  if (label.seconds === 0 && label.minutes % 10 !== 0 && label.frames < dropped) return null;
  return counted - dropped * (minutes - Math.floor(minutes / 10));
}

/** How this file counts. Without a start timecode it starts at zero and does not drop. */
export function timecodeFormat(rate: Rational, startTimecode?: string | null): TimecodeFormat {
  const nominal = Math.round(rate.num / rate.den);
  const label = startTimecode ? parseLabel(startTimecode) : null;
  const dropFrame = Boolean(label?.dropFrame) && supportsDropFrame(rate);
  const startFrame = label ? (labelToFrame(label, nominal, dropFrame) ?? 0) : 0;
  return { rate, nominal, dropFrame, startFrame };
}

/** The frame shown at this time. The hair added is what a time of frame / rate loses as a floating number. */
export function frameAt(seconds: number, rate: Rational): number {
  return Math.max(0, Math.floor((seconds * rate.num) / rate.den + 1e-4));
}

/** A time well inside a frame: seeking to its very edge may show the one before. */
export function timeInsideFrame(frame: number, rate: Rational): number {
  return ((frame + 0.5) * rate.den) / rate.num;
}

const two = (value: number) => String(value).padStart(2, '0');

/** The label of the n-th frame of the file; labels wrap after 24 hours, frames do not. */
export function formatFrame(frame: number, format: TimecodeFormat): string {
  const { nominal, dropFrame } = format;
  const dropped = dropFrame ? droppedPerMinute(nominal) : 0;
  const framesPerTenMinutes = nominal * 600 - 9 * dropped;
  const framesPerDay = framesPerTenMinutes * 144;
  let count = (((frame + format.startFrame) % framesPerDay) + framesPerDay) % framesPerDay;
  if (dropFrame) {
    const framesPerMinute = nominal * 60 - dropped;
    const tens = Math.floor(count / framesPerTenMinutes);
    const rest = count % framesPerTenMinutes;
    // The first minute of ten keeps all its labels, each later one starts by leaving some out.
    const minutesIn = rest < dropped ? 0 : Math.floor((rest - dropped) / framesPerMinute);
    count += dropped * (9 * tens + minutesIn);
  }
  const seconds = Math.floor(count / nominal);
  const frames = String(count % nominal).padStart(nominal > 100 ? 3 : 2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${
    dropFrame ? ';' : ':'
  }${frames}`;
}

export function formatTimecode(seconds: number, format: TimecodeFormat): string {
  return formatFrame(frameAt(seconds, format.rate), format);
}

/** The file's frame under a label, or null where the label does not exist or lies before the file's start. */
export function parseTimecode(text: string, format: TimecodeFormat): number | null {
  const label = parseLabel(text);
  if (!label) return null;
  const frame = labelToFrame(label, format.nominal, format.dropFrame);
  return frame === null || frame < format.startFrame ? null : frame - format.startFrame;
}
