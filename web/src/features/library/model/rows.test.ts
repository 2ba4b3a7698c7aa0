import { describe, expect, it } from 'vitest';
import type { Asset } from '@/shared/api/types';
import { layoutRows, neighbour, rowOf, type Listing } from './rows';

const items = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, n) => ({ id: `${prefix}${n}`, displayName: `${prefix}${n}` }) as Asset);
const listing = (list: Asset[], more: Partial<Listing> = {}): Listing => ({
  items: list,
  total: list.length,
  estimated: false,
  hasMore: false,
  pending: false,
  ...more,
});
const grid = { view: 'grid', folderColumns: 2, fileColumns: 3 } as const;

describe('layoutRows', () => {
  it('puts folders before files, each under its count', () => {
    const rows = layoutRows(listing(items('d', 3)), listing(items('f', 4)), grid);
    expect(rows.map((row) => (row.kind === 'label' ? row.text : row.kind))).toEqual([
      '3 folders',
      'folders',
      'folders',
      '4 files',
      'files',
      'files',
    ]);
    expect(rows[4]).toMatchObject({ firstIndex: 3 });
  });

  it('keeps files back while folders are still to come', () => {
    const rows = layoutRows(listing(items('d', 2), { hasMore: true, total: 500 }), listing(items('f', 4)), grid);
    expect(rows.map((row) => row.kind)).toEqual(['label', 'folders', 'loading']);
  });

  it('ends with a place to load more', () => {
    const rows = layoutRows(
      listing([]),
      listing(items('f', 3), { hasMore: true, total: 10_000, estimated: true }),
      grid,
    );
    expect(rows[0]).toMatchObject({ text: '10,000+ files' });
    expect(rows.at(-1)?.kind).toBe('loading');
  });

  it('has one item to a row in the list', () => {
    const rows = layoutRows(listing(items('d', 2)), listing(items('f', 2)), { ...grid, view: 'list' });
    expect(rows.map((row) => row.kind)).toEqual(['header', 'folders', 'folders', 'files', 'files']);
  });
});

describe('moving by arrow keys', () => {
  // d0 d1 / d2 / f0 f1 f2 / f3
  const rows = layoutRows(listing(items('d', 3)), listing(items('f', 4)), grid);
  it.each([
    [0, 'ArrowRight', 1],
    [1, 'ArrowDown', 2],
    [2, 'ArrowDown', 3],
    [5, 'ArrowDown', 6],
    [6, 'ArrowDown', 6],
    [6, 'ArrowUp', 3],
    [4, 'ArrowUp', 2],
    [0, 'ArrowLeft', 0],
    [6, 'ArrowRight', 6],
    [3, 'Home', 0],
    [0, 'End', 6],
    [1, 'a', 1],
  ])('from %i with %s to %i', (from, key, to) => {
    expect(neighbour(rows, from, key)).toBe(to);
  });

  it('finds the row to scroll to', () => {
    expect(rowOf(rows, 6)).toBe(5);
    expect(rowOf(rows, 99)).toBe(-1);
  });
});
