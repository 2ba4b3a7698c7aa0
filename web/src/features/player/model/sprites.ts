/** The index of a sprite sheet: WebVTT whose cues name a picture and a part of it, `sprites-0.jpg#xywh=160,90,160,90`. */

export interface SpriteCue {
  start: number;
  end: number;
  /** Absolute URL of the sheet. */
  url: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** `01:02:03.456` or `02:03.456`, in seconds. */
function parseTime(text: string): number | null {
  const match = /^(?:(\d{2,}):)?(\d{2}):(\d{2})[.,](\d{3})$/.exec(text.trim());
  if (!match) return null;
  const [hours, minutes, seconds, millis] = [match[1] ?? '0', match[2], match[3], match[4]].map(Number);
  if (minutes === undefined || seconds === undefined || minutes > 59 || seconds > 59) return null;
  return (hours ?? 0) * 3600 + minutes * 60 + seconds + (millis ?? 0) / 1000;
}

export function parseSprites(text: string, baseUrl: string): SpriteCue[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  if (!/^WEBVTT(\s|$)/.test(lines[0] ?? '')) return [];
  const cues: SpriteCue[] = [];
  for (let at = 1; at < lines.length; at += 1) {
    const timing = /^(\S+)\s+-->\s+(\S+)/.exec(lines[at]?.trim() ?? '');
    if (!timing) continue;
    const start = parseTime(timing[1] ?? '');
    const end = parseTime(timing[2] ?? '');
    const payload = lines[at + 1]?.trim() ?? '';
    const area = /#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)$/.exec(payload);
    if (start === null || end === null || end <= start || !area) continue;
    const [x = 0, y = 0, width = 0, height = 0] = area.slice(1).map(Number);
    if (width === 0 || height === 0) continue;
    cues.push({ start, end, url: new URL(payload.slice(0, area.index), baseUrl).href, x, y, width, height });
  }
  return cues.sort((a, b) => a.start - b.start);
}

/** The picture for a time; in a gap and past the end the one before, since any is better than none. */
export function spriteAt(cues: readonly SpriteCue[], seconds: number): SpriteCue | null {
  let low = 0;
  let high = cues.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((cues[middle]?.start ?? 0) <= seconds) low = middle;
    else high = middle - 1;
  }
  return cues[low] ?? null;
}
