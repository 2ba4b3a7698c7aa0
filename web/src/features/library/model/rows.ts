/**
 * The folder's contents as rows of one long page: folders first, then files, each under a label where both are there.
 * Pure, so that a virtual list only has to draw what this says.
 */
import type { Asset } from '@/shared/api/types';

export interface ItemRow {
  kind: 'folders' | 'files';
  key: string;
  items: Asset[];
  /** The place of the first of them among all items. */
  firstIndex: number;
}

export type Row =
  | { kind: 'label'; key: string; text: string }
  | { kind: 'header'; key: string }
  | { kind: 'loading'; key: string }
  | ItemRow;

function hasItems(row: Row): row is ItemRow {
  return row.kind === 'folders' || row.kind === 'files';
}

export interface Listing {
  items: Asset[];
  total: number;
  estimated: boolean;
  hasMore: boolean;
  /** Nothing has come yet. */
  pending: boolean;
}

export interface Shape {
  view: 'grid' | 'list';
  folderColumns: number;
  fileColumns: number;
}

function inRows(items: Asset[], columns: number, kind: 'folders' | 'files', firstIndex: number): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < items.length; at += columns) {
    rows.push({ kind, key: `${kind}:${at}`, items: items.slice(at, at + columns), firstIndex: firstIndex + at });
  }
  return rows;
}

function label(count: Listing, one: string): string {
  const number = `${count.total.toLocaleString('en-GB')}${count.estimated ? '+' : ''}`;
  return `${number} ${one}${count.total === 1 && !count.estimated ? '' : 's'}`;
}

export function layoutRows(folders: Listing, files: Listing, shape: Shape): Row[] {
  const rows: Row[] = [];
  const list = shape.view === 'list';
  const folderColumns = list ? 1 : Math.max(1, shape.folderColumns);
  const fileColumns = list ? 1 : Math.max(1, shape.fileColumns);
  if (list) rows.push({ kind: 'header', key: 'header' });
  if (folders.items.length > 0) {
    if (!list) rows.push({ kind: 'label', key: 'label:folders', text: label(folders, 'folder') });
    rows.push(...inRows(folders.items, folderColumns, 'folders', 0));
  }
  // The files follow once all folders are there; until then the end of the page asks for more folders.
  if (folders.hasMore || folders.pending) return [...rows, { kind: 'loading', key: 'loading:folders' }];
  if (files.items.length > 0) {
    if (!list) rows.push({ kind: 'label', key: 'label:files', text: label(files, 'file') });
    rows.push(...inRows(files.items, fileColumns, 'files', folders.items.length));
  }
  if (files.hasMore || files.pending) rows.push({ kind: 'loading', key: 'loading:files' });
  return rows;
}

/** Where an arrow key leads from the item at `index`; the same index where there is nothing that way. */
export function neighbour(rows: Row[], index: number, key: string): number {
  const lines = rows.filter(hasItems);
  const line = lines.findIndex((row) => index >= row.firstIndex && index < row.firstIndex + row.items.length);
  const current = lines[line];
  const last = lines[lines.length - 1];
  if (!current || !last) return index;
  const lastIndex = last.firstIndex + last.items.length - 1;
  switch (key) {
    case 'ArrowRight':
      return Math.min(index + 1, lastIndex);
    case 'ArrowLeft':
      return Math.max(index - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return lastIndex;
    case 'ArrowUp':
    case 'ArrowDown': {
      const next = lines[line + (key === 'ArrowDown' ? 1 : -1)];
      if (!next) return index;
      return next.firstIndex + Math.min(index - current.firstIndex, next.items.length - 1);
    }
    default:
      return index;
  }
}

export function rowOf(rows: Row[], index: number): number {
  return rows.findIndex((row) => hasItems(row) && index >= row.firstIndex && index < row.firstIndex + row.items.length);
}
