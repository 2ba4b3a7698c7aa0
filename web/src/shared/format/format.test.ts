import { describe, expect, it } from 'vitest';
import {
  formatBitRate,
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatElapsed,
  formatRemaining,
} from './format';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [999_999, '1 MB'],
    [1_234_567, '1.23 MB'],
    [12_345_678, '12.3 MB'],
    [123_456_789, '123 MB'],
    [1_000_000_000, '1 GB'],
    [5_497_558_138_880, '5.5 TB'],
    [null, '–'],
  ])('%j is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe('formatDuration', () => {
  it.each([
    [0, '0:00'],
    [6999, '0:06'],
    [65_000, '1:05'],
    [3_600_000, '1:00:00'],
    [3_723_000, '1:02:03'],
    [undefined, '–'],
  ])('%j is %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('formatElapsed', () => {
  it.each([
    [80, '80 ms'],
    [4200, '4.2 s'],
    [59_990, '1 min 0 s'],
    [72_000, '1 min 12 s'],
    [4_000_000, '1 h 6 min'],
  ])('%j is %s', (ms, text) => expect(formatElapsed(ms)).toBe(text));
});

describe('formatRemaining', () => {
  it.each([
    [0.4, 'almost done'],
    [3.2, '4 s left'],
    [23, '25 s left'],
    [58, '1 min left'],
    [200, '3 min left'],
    [3600, '1 h left'],
    [4800, '1 h 20 min left'],
    [Infinity, ''],
    [null, ''],
  ])('%j is %s', (seconds, text) => expect(formatRemaining(seconds)).toBe(text));
});

describe('formatDate', () => {
  const now = new Date('2026-06-15T12:00:00');
  it('is exact about what is near and brief about what is far', () => {
    expect(formatDate('2026-06-15T11:59:30', now)).toBe('just now');
    expect(formatDate('2026-06-15T11:20:00', now)).toBe('40 min ago');
    expect(formatDate('2026-06-15T09:00:00', now)).toBe('3 h ago');
    expect(formatDate('2026-06-10T09:00:00', now)).toBe('10 Jun');
    expect(formatDate('2024-06-10T09:00:00', now)).toBe('10 Jun 2024');
    expect(formatDate('soon', now)).toBe('–');
  });
});

it('counts in the singular and the plural', () => {
  expect(formatCount(1, 'file')).toBe('1 file');
  expect(formatCount(1200, 'file')).toBe('1,200 files');
});

it('shows bit rates in the unit that fits', () => {
  expect(formatBitRate(128_000)).toBe('128 kbit/s');
  expect(formatBitRate(5_400_000)).toBe('5.4 Mbit/s');
});
