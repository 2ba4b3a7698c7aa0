import { describe, expect, it } from 'vitest';
import { clampPlacement, fitSize, fitted, zoomAt } from './zoom';

describe('zoomAt', () => {
  it('keeps what is under the pointer where it is', () => {
    const before = { scale: 2, x: 10, y: -20 };
    const after = zoomAt(before, 2, 100, 50, 16);
    const under = (p: typeof before) => [(100 - p.x) / p.scale, (50 - p.y) / p.scale];
    expect(after.scale).toBe(4);
    expect(under(after)).toEqual(under(before));
  });
  it('never goes below fitting nor above the most', () => {
    expect(zoomAt({ scale: 1.5, x: 5, y: 5 }, 0.1, 0, 0, 8)).toEqual(fitted);
    expect(zoomAt({ scale: 4, x: 0, y: 0 }, 10, 0, 0, 8).scale).toBe(8);
  });
});

it('cannot push the picture out of its frame', () => {
  const frame = { width: 400, height: 300 };
  const picture = { width: 400, height: 200 };
  expect(clampPlacement({ scale: 2, x: 999, y: -999 }, picture, frame)).toEqual({ scale: 2, x: 200, y: -50 });
  expect(Math.abs(clampPlacement({ scale: 1, x: 50, y: 50 }, picture, frame).x)).toBe(0);
});

it('fits a picture and does not enlarge it', () => {
  expect(fitSize({ width: 4000, height: 2000 }, { width: 400, height: 400 })).toEqual({ width: 400, height: 200 });
  expect(fitSize({ width: 40, height: 20 }, { width: 400, height: 400 })).toEqual({ width: 40, height: 20 });
  expect(fitSize({ width: 0, height: 0 }, { width: 400, height: 400 })).toEqual({ width: 0, height: 0 });
});
