/** Rates are fractions of integers, 30000/1001 and never 29.97; a frame is an index. */

export interface Rational {
  num: number;
  den: number;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

export function rational(num: number, den: number): Rational | null {
  if (!Number.isSafeInteger(num) || !Number.isSafeInteger(den) || num <= 0 || den <= 0) return null;
  const divisor = gcd(num, den);
  return { num: num / divisor, den: den / divisor };
}

/** Decimal rates that stand for a fraction over 1001. */
const ntsc: [number, number][] = [
  [23.976, 24000],
  [29.97, 30000],
  [47.952, 48000],
  [59.94, 60000],
  [119.88, 120000],
];

/** Reads `"30000/1001"`, `"25"`, 29.97, `{ num, den }` and `{ numerator, denominator }`. */
export function parseRate(value: unknown): Rational | null {
  if (typeof value === 'object' && value !== null) {
    const record = value as Record<string, unknown>;
    return rational(Number(record.num ?? record.numerator), Number(record.den ?? record.denominator));
  }
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const fraction = /^\s*(\d+)\s*[/:]\s*(\d+)\s*$/.exec(String(value));
  if (fraction) return rational(Number(fraction[1]), Number(fraction[2]));
  const decimal = Number(value);
  if (!Number.isFinite(decimal) || decimal <= 0) return null;
  if (Number.isInteger(decimal)) return rational(decimal, 1);
  const known = ntsc.find(([rate]) => Math.abs(rate - decimal) < 0.005);
  return known ? rational(known[1], 1001) : rational(Math.round(decimal * 1000), 1000);
}

export function formatRate(rate: Rational): string {
  const value = rate.num / rate.den;
  return Number.isInteger(value) ? String(value) : value.toFixed(3).replace(/0+$/, '');
}
