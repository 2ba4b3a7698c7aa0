import { describe, expect, it } from 'vitest';
import { parsePeaks, resamplePeaks } from './waveform';

describe('parsePeaks', () => {
  it('reads fractions, bytes and 16 bit values', () => {
    expect(parsePeaks([0, -0.5, 1])).toEqual([0, 0.5, 1]);
    expect(parsePeaks({ peaks: [0, 64, 128] })).toEqual([0, 0.5, 1]);
    expect(parsePeaks({ data: [-16384, 8192, -100, 32768], bits: 16 })).toEqual([0.5, 1]);
  });

  it('joins channels', () => {
    expect(parsePeaks({ channels: 2, data: [-10, 20, -64, 30, -1, 1, -2, 128] })).toEqual([0.5, 1]);
  });

  it.each([null, {}, { peaks: 'loud' }, [], ['a'], 7])('finds nothing in %j', (body) => {
    expect(parsePeaks(body)).toEqual([]);
  });
});

describe('resamplePeaks', () => {
  it('keeps the loudest of each span', () => {
    expect(resamplePeaks([0, 0.2, 1, 0.1, 0.3, 0.4], 3)).toEqual([0.2, 1, 0.4]);
  });
  it('repeats where there are fewer peaks than places', () => {
    expect(resamplePeaks([0.1, 0.9], 4)).toEqual([0.1, 0.1, 0.9, 0.9]);
    expect(resamplePeaks([], 4)).toEqual([]);
  });
});
