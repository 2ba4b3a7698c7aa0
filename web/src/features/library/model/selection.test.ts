import { describe, expect, it } from 'vitest';
import { everything, nothingSelected, ranged, toggled } from './selection';

const order = ['a', 'b', 'c', 'd', 'e'];

describe('a selection', () => {
  it('toggles one and starts ranges there', () => {
    const one = toggled(nothingSelected, 'b');
    expect([...one.ids]).toEqual(['b']);
    expect([...ranged(one, order, 'd').ids]).toEqual(['b', 'c', 'd']);
    expect([...toggled(one, 'b').ids]).toEqual([]);
  });

  it('ranges upwards, and again from the same place', () => {
    const range = ranged(toggled(nothingSelected, 'c'), order, 'a');
    expect([...range.ids].sort()).toEqual(['a', 'b', 'c']);
    expect([...ranged(range, order, 'd').ids].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('begins a range where it is when the anchor is not in the list any more', () => {
    const gone = { ids: new Set(['x']), anchor: 'x' };
    expect(ranged(gone, order, 'c')).toEqual({ ids: new Set(['x', 'c']), anchor: 'c' });
    expect(ranged(gone, order, 'unknown')).toBe(gone);
  });

  it('takes everything', () => {
    expect(everything(order).ids.size).toBe(5);
    expect(everything([])).toEqual(nothingSelected);
  });
});
