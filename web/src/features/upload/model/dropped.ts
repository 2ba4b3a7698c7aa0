/** Files out of a drop or a file dialog, with the folders that they were in. */

export interface DroppedFile {
  file: File;
  /** Folders above the file, outermost first, relative to where it was dropped. */
  folders: string[];
}

/** What systems leave beside the files of people. */
const litter = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini', '.localized']);

function readEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function walk(entry: FileSystemEntry, folders: string[], into: DroppedFile[]): Promise<void> {
  if (entry.isFile) {
    if (!litter.has(entry.name)) into.push({ file: await fileOf(entry as FileSystemFileEntry), folders });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A folder is read in batches (of 100 in Chromium) until an empty one.
  for (let batch = await readEntries(reader); batch.length > 0; batch = await readEntries(reader)) {
    for (const child of batch) await walk(child, [...folders, entry.name], into);
  }
}

/** Must be called while the drop event is handled: its items are gone afterwards. */
export async function filesOfDrop(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries: FileSystemEntry[] = [];
  const plain: File[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry?.();
    const file = item.getAsFile();
    if (entry?.isDirectory) entries.push(entry);
    else if (file) plain.push(file);
  }
  const found: DroppedFile[] = plain.filter((file) => !litter.has(file.name)).map((file) => ({ file, folders: [] }));
  for (const entry of entries) await walk(entry, [], found);
  return found;
}

/** From `<input type="file">`, with `webkitdirectory` or without. */
export function filesOfInput(files: Iterable<File>): DroppedFile[] {
  return [...files]
    .filter((file) => !litter.has(file.name))
    .map((file) => ({ file, folders: file.webkitRelativePath ? file.webkitRelativePath.split('/').slice(0, -1) : [] }));
}

export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && [...transfer.types].includes('Files');
}
