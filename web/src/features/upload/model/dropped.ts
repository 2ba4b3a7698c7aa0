/** Files out of a drop or a file dialog, with the folders that they were in. */

export interface DroppedFile {
  file: File;
  /** Folders above the file, outermost first, relative to where it was dropped. */
  folders: string[];
}

export interface Drop {
  files: DroppedFile[];
  /** Folders with nothing in them, each as the path to it. */
  emptyFolders: string[][];
}

/** What systems leave beside the files of people. */
const litter = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini', '.localized']);

function readEntries(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function walk(entry: FileSystemEntry, folders: string[], into: Drop): Promise<void> {
  if (entry.isFile) {
    into.files.push({ file: await fileOf(entry as FileSystemFileEntry), folders });
    return;
  }
  const path = [...folders, entry.name];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  let empty = true;
  // A folder is read in batches (of 100 in Chromium) until an empty one.
  for (let batch = await readEntries(reader); batch.length > 0; batch = await readEntries(reader)) {
    for (const child of batch) {
      if (litter.has(child.name)) continue;
      empty = false;
      await walk(child, path, into);
    }
  }
  if (empty) into.emptyFolders.push(path);
}

/** Must be called while the drop event is handled: its items are gone afterwards. */
export async function filesOfDrop(transfer: DataTransfer): Promise<Drop> {
  const entries: FileSystemEntry[] = [];
  const plain: File[] = [];
  for (const item of transfer.items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry?.();
    const file = item.getAsFile();
    if (entry?.isDirectory) entries.push(entry);
    else if (file) plain.push(file);
  }
  const found: Drop = {
    files: plain.filter((file) => !litter.has(file.name)).map((file) => ({ file, folders: [] })),
    emptyFolders: [],
  };
  for (const entry of entries) await walk(entry, [], found);
  return found;
}

/** The browser tells nothing of empty folders there. From `<input type="file">`, with `webkitdirectory` or without. */
export function filesOfInput(files: Iterable<File>): DroppedFile[] {
  return [...files]
    .filter((file) => !litter.has(file.name))
    .map((file) => ({ file, folders: file.webkitRelativePath ? file.webkitRelativePath.split('/').slice(0, -1) : [] }));
}

export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer !== null && [...transfer.types].includes('Files');
}
