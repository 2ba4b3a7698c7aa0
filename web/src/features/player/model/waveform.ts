/** Peaks of sound as numbers between 0 and 1, read from what the server made and fitted to the width at hand. */

function numbers(value: unknown): number[] | null {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'number') ? value : null;
}

/**
 * Reads a plain list of peaks, `{ peaks }`, or the `{ data, bits, channels }` of audiowaveform, in which smallest and
 * largest values take turns.
 */
export function parsePeaks(body: unknown): number[] {
  const record = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const data = numbers(record.data);
  let peaks = numbers(body) ?? numbers(record.peaks);
  if (!peaks && data) {
    const channels = typeof record.channels === 'number' && record.channels > 0 ? record.channels : 1;
    const stride = channels * 2;
    peaks = [];
    for (let at = 0; at + stride <= data.length; at += stride) {
      peaks.push(Math.max(...data.slice(at, at + stride).map(Math.abs)));
    }
  }
  if (!peaks) return [];
  const absolute = peaks.map((peak) => (Number.isFinite(peak) ? Math.abs(peak) : 0));
  const largest = absolute.reduce((most, peak) => Math.max(most, peak), 0);
  // Fractions are taken as they are; integers are of 8 or 16 bits.
  const full = largest <= 1 ? 1 : largest <= 128 ? 128 : largest <= 32_768 ? 32_768 : largest;
  return absolute.map((peak) => peak / full);
}

/** The largest peak of each of `count` equal spans, so that no loud moment is lost however narrow the picture. */
export function resamplePeaks(peaks: readonly number[], count: number): number[] {
  if (peaks.length === 0 || count <= 0) return [];
  return Array.from({ length: count }, (_, n) => {
    const from = Math.floor((n * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((n + 1) * peaks.length) / count));
    let most = 0;
    for (let at = from; at < to && at < peaks.length; at += 1) most = Math.max(most, peaks[at] ?? 0);
    return most;
  });
}
