/**
 * Which open upload of the server a file on this machine continues. A page that was loaded again has lost the file
 * itself and only knows its name and size, and, in the same browser, when it was last changed.
 */
import type { OpenUpload } from '@/shared/api/types';

export interface Candidate {
  name: string;
  size: number;
  lastModified: number;
  parentId: string;
}

export interface Memory {
  lastModified: number;
  /** The tab that sends it, empty when that was closed, and when the tab last said so. */
  tab: string;
  seenAt: number;
}

export type Memories = Record<string, Memory>;

/** A tab that has not said anything for this long is gone. */
export const tabSilenceMs = 15_000;

export function isSentElsewhere(memory: Memory | undefined, tab: string, now: number): boolean {
  return memory !== undefined && memory.tab !== '' && memory.tab !== tab && now - memory.seenAt < tabSilenceMs;
}

function sameFile(candidate: Candidate, upload: OpenUpload, memory: Memory | undefined): boolean {
  if (upload.fileSize !== candidate.size) return false;
  if (upload.fileName.normalize('NFC') !== candidate.name.normalize('NFC')) return false;
  return memory === undefined || memory.lastModified === candidate.lastModified;
}

export function matchUpload(
  candidate: Candidate,
  uploads: readonly OpenUpload[],
  memories: Memories,
  tab: string,
  now: number,
): OpenUpload | null {
  const matching = uploads.filter(
    (upload) =>
      upload.parentId === candidate.parentId &&
      sameFile(candidate, upload, memories[upload.id]) &&
      !isSentElsewhere(memories[upload.id], tab, now),
  );
  // Two of the same name cannot be open in one folder; should it be so, the newer one is meant.
  return matching.reduce<OpenUpload | null>((best, next) => (best && best.id > next.id ? best : next), null);
}

/** Why a file that somebody chose by hand does not continue an upload; null where it does. */
export function mismatch(
  file: Candidate,
  upload: { fileName: string; fileSize: number; id: string },
  memories: Memories,
) {
  if (file.size !== upload.fileSize) return 'That file has another size than the one that was being uploaded.';
  const known = memories[upload.id];
  if (known && known.lastModified !== file.lastModified) return 'That file was changed since the upload began.';
  return null;
}
