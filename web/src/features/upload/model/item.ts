/** One file on its way to the server, as the upload panel shows it. */

export type Phase =
  | 'waiting' // for its turn
  | 'starting' // being announced to the server
  | 'uploading'
  | 'paused'
  | 'finishing' // all bytes are there
  | 'done' // the asset exists; its processing is the asset's own affair
  | 'failed'
  | 'conflict' // the name is taken; a person decides
  | 'interrupted'; // known to the server, but this page does not have the file

export type ConflictChoice = 'rename' | 'replace' | 'skip';

export interface UploadItem {
  key: string;
  fileName: string;
  size: number;
  contentType: string;
  lastModified: number;
  /** Where it goes; null while folders above it are still to be made. */
  parentId: string | null;
  phase: Phase;
  uploadId: string | null;
  assetId: string | null;
  bytesSent: number;
  bytesPerSecond: number | null;
  error: { title: string; detail: string | null } | null;
  /** Something passing is wrong, and it goes on by itself. */
  note: string | null;
  onConflict: 'rename' | 'replace' | null;
  /** The name is taken by something whose content can be replaced: by no folder, and by no upload that is still open. */
  replaceable: boolean;
}

const active: Phase[] = ['starting', 'uploading', 'finishing'];

export function isActive(item: UploadItem): boolean {
  return active.includes(item.phase);
}

export function isUnfinished(item: UploadItem): boolean {
  return isActive(item) || item.phase === 'waiting' || item.phase === 'paused';
}

export function remainingSeconds(item: UploadItem): number | null {
  if (item.phase !== 'uploading' || !item.bytesPerSecond) return null;
  return (item.size - item.bytesSent) / item.bytesPerSecond;
}

export function percentOf(item: UploadItem): number {
  if (item.phase === 'done') return 100;
  if (item.size === 0) return item.phase === 'finishing' ? 100 : 0;
  return Math.min(100, (item.bytesSent / item.size) * 100);
}

export interface Summary {
  unfinished: number;
  active: number;
  paused: number;
  failed: number;
  conflicts: number;
  interrupted: number;
  done: number;
  percent: number;
  bytesPerSecond: number;
  remainingSeconds: number | null;
}

export function summarise(items: readonly UploadItem[]): Summary {
  const count = (phase: Phase) => items.filter((item) => item.phase === phase).length;
  const moving = items.filter((item) => isUnfinished(item) || item.phase === 'done');
  const total = moving.reduce((sum, item) => sum + item.size, 0);
  const sent = moving.reduce((sum, item) => sum + (item.phase === 'done' ? item.size : item.bytesSent), 0);
  const bytesPerSecond = items.reduce((sum, item) => sum + (isActive(item) ? (item.bytesPerSecond ?? 0) : 0), 0);
  const left = items.filter((item) => isActive(item) || item.phase === 'waiting');
  const bytesLeft = left.reduce((sum, item) => sum + item.size - item.bytesSent, 0);
  return {
    unfinished: items.filter(isUnfinished).length,
    active: items.filter(isActive).length,
    paused: count('paused'),
    failed: count('failed'),
    conflicts: count('conflict'),
    interrupted: count('interrupted'),
    done: count('done'),
    percent: total > 0 ? (sent / total) * 100 : moving.every((item) => item.phase === 'done') ? 100 : 0,
    bytesPerSecond,
    remainingSeconds: bytesPerSecond > 0 && bytesLeft > 0 ? bytesLeft / bytesPerSecond : null,
  };
}
