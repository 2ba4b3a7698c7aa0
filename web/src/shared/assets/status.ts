/** The reference's asset types and statuses: numbers on the wire, words and colours here. */

export const assetType = { folder: 1, file: 2, bucket: 5 } as const;

export const assetStatus = {
  available: 1,
  renaming: 2,
  copying: 3,
  restoring: 4,
  registering: 5,
  uploading: 6,
  archiving: 7,
  archived: 8,
  pendingArchive: 9,
  pendingRestore: 11,
  restored: 12,
  deleting: 13,
  moving: 14,
  slugReplaced: 15,
  updating: 16,
  error: 17,
  assembling: 18,
  clipping: 19,
  placeholder: 20,
  creating: 21,
  replacing: 22,
} as const;

export interface StatusLook {
  label: string;
  color: 'green' | 'blue' | 'gray' | 'red' | 'yellow';
  /** Something is being done to it, and will end by itself. */
  busy: boolean;
}

const looks: Record<number, StatusLook> = {
  1: { label: 'Available', color: 'green', busy: false },
  2: { label: 'Renaming', color: 'blue', busy: true },
  3: { label: 'Copying', color: 'blue', busy: true },
  4: { label: 'Restoring', color: 'blue', busy: true },
  5: { label: 'Registering', color: 'blue', busy: true },
  6: { label: 'Uploading', color: 'blue', busy: true },
  7: { label: 'Archiving', color: 'blue', busy: true },
  8: { label: 'Archived', color: 'gray', busy: false },
  9: { label: 'Waiting to archive', color: 'blue', busy: true },
  11: { label: 'Waiting to restore', color: 'blue', busy: true },
  12: { label: 'Restored', color: 'green', busy: false },
  13: { label: 'Deleting', color: 'blue', busy: true },
  14: { label: 'Moving', color: 'blue', busy: true },
  15: { label: 'Filling placeholder', color: 'blue', busy: true },
  16: { label: 'Updating', color: 'blue', busy: true },
  17: { label: 'Error', color: 'red', busy: false },
  18: { label: 'Assembling', color: 'blue', busy: true },
  19: { label: 'Clipping', color: 'blue', busy: true },
  20: { label: 'Placeholder', color: 'yellow', busy: false },
  21: { label: 'Processing', color: 'blue', busy: true },
  22: { label: 'Replacing', color: 'blue', busy: true },
};

export function statusLook(status: number, name?: string): StatusLook {
  return looks[status] ?? { label: name ?? `Status ${status}`, color: 'gray', busy: false };
}

/** Nothing to say about it: the ordinary case is shown by silence. */
export function isSettled(status: number): boolean {
  return status === assetStatus.available || status === assetStatus.restored;
}

/** Its content lies in the archive, or is on its way back: until then there is nothing to play or download. */
export function isArchived(status: number): boolean {
  return [assetStatus.archived, assetStatus.pendingRestore, assetStatus.restoring].some((one) => one === status);
}

export function isFolder(asset: { assetType: number }): boolean {
  return asset.assetType === assetType.folder || asset.assetType === assetType.bucket;
}

const stepNames: Record<string, string> = {
  probe: 'Reading the file',
  checksum: 'Checksum',
  thumbnail: 'Thumbnail',
  renditions: 'Streaming renditions',
  waveform: 'Waveform',
  shots: 'Finding shots',
  subtitle: 'Subtitles',
  clip: 'Cutting the clip',
  archive: 'Moving to the archive',
  restore: 'Bringing back from the archive',
};

/** `probe` -> Reading the file; a step that this page does not know is shown by its own name, made readable. */
export function stepName(step: string): string {
  const known = stepNames[step.toLowerCase()];
  if (known) return known;
  const words = step
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_.-]+/g, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
