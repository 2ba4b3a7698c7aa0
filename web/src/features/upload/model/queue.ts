/**
 * The queue of uploads of this page. It decides what is sent when, what is continued and what is asked; the engine moves
 * the bytes. One for the whole page, so that uploads go on while somebody looks at other things.
 */
import { ApiError, describeError } from '@/shared/api/problem';
import type { Asset, OpenUpload, Upload } from '@/shared/api/types';
import { createStore, type Store } from '@/shared/lib/store';
import { cancelUpload, createFolder, fetchOpenUploads, fetchUpload, findFolder, startUpload } from '../api/uploads';
import type { Drop } from './dropped';
import type { UploadEngine } from './engine';
import { FolderTree } from './folders';
import { isActive, type ConflictChoice, type UploadItem } from './item';
import { isSentElsewhere, matchUpload, mismatch, tabSilenceMs } from './matching';
import { forget, readMemories, release, remember, tabId, touch } from './memory';
import { PartBook } from './part-book';
import { SpeedMeter } from './speed';

/** Files at a time; their parts share the engine's connections. More would only spread the same bandwidth. */
const maxActive = 3;
const progressEveryMs = 200;
const heartbeatMs = 5000;
/** Bytes that have not moved for this long wait for a connection. */
const stallMs = 8000;
const maxAutomaticTries = 8;

/** What belongs to an item and is nothing to draw. */
interface Work {
  file: File | null;
  book: PartBook | null;
  meter: SpeedMeter;
  tries: number;
  notBefore: number;
  lastProgressAt: number;
  lastBytes: number;
  movedAt: number;
}

function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) return error.status >= 500 && error.status !== 507;
  const status = (error as { source?: { status?: number } } | null)?.source?.status;
  if (status !== undefined) return status === 0 || (status >= 500 && status !== 507);
  return error instanceof TypeError;
}

export class UploadQueue {
  readonly items: Store<UploadItem[]> = createStore<UploadItem[]>([]);
  /** Called when a folder has got something new. */
  onChanged: (parentId: string, asset: Asset | null) => void = () => {};

  private readonly work = new Map<string, Work>();
  private open: OpenUpload[] = [];
  private enginePromise: Promise<UploadEngine> | null = null;
  private nextKey = 1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heartbeat: ReturnType<typeof setInterval> | undefined;

  /** Begins the session of a user: what this browser began and did not end is shown, to be continued. */
  begin(): () => void {
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs);
    const onLeave = () => release();
    const onOnline = () => this.retryNow();
    const onUnload = (event: BeforeUnloadEvent) => {
      if (this.items.get().some(isActive)) event.preventDefault();
    };
    window.addEventListener('pagehide', onLeave);
    window.addEventListener('online', onOnline);
    window.addEventListener('beforeunload', onUnload);
    void this.findInterrupted();
    return () => {
      clearInterval(this.heartbeat);
      clearTimeout(this.timer);
      window.removeEventListener('pagehide', onLeave);
      window.removeEventListener('online', onOnline);
      window.removeEventListener('beforeunload', onUnload);
      release();
      for (const item of this.items.get()) this.stopTransfer(item.key);
      this.work.clear();
      this.open = [];
      this.items.set([]);
    };
  }

  /** Fails where a folder without files could not be made; of the others their files tell. */
  async add({ files, emptyFolders }: Drop, folderId: string): Promise<void> {
    const tree = new FolderTree(folderId, { create: createFolder, find: findFolder });
    const added = files.map(({ file, folders }) => {
      const item = this.enqueue(file, folders.length === 0 ? folderId : null);
      return { item, folders };
    });
    this.pump();
    for (const { item, folders } of added) {
      if (folders.length === 0) continue;
      try {
        const parentId = await tree.idOf(folders);
        this.patch(item.key, { parentId });
        if (folders.length === 1) this.onChanged(folderId, null);
      } catch (error) {
        this.fail(item.key, error, `The folder “${folders.join('/')}” could not be made`);
      }
      this.pump();
    }
    for (const folders of emptyFolders) await tree.idOf(folders);
    if (emptyFolders.length > 0) this.onChanged(folderId, null);
  }

  pause(key: string): void {
    const item = this.find(key);
    if (!item) return;
    if (item.phase === 'uploading') void this.withEngine((engine) => engine.pause(key));
    else if (item.phase !== 'waiting') return;
    const work = this.work.get(key);
    work?.meter.reset();
    const bytesSent = work?.book?.bytesConfirmed() ?? item.bytesSent;
    this.patch(key, { phase: 'paused', bytesSent, bytesPerSecond: null, note: null });
    this.pump();
  }

  resume(key: string): void {
    const item = this.find(key);
    if (item?.phase !== 'paused') return;
    // One that was paused before its turn takes its place in the queue again.
    if (!item.uploadId) {
      this.patch(key, { phase: 'waiting' });
      return this.pump();
    }
    const work = this.work.get(key);
    if (work) work.movedAt = Date.now();
    this.patch(key, { phase: 'uploading' });
    void this.withEngine((engine) => engine.resume(key));
  }

  pauseAll(): void {
    this.items.get().forEach((item) => this.pause(item.key));
  }

  resumeAll(): void {
    this.items.get().forEach((item) => this.resume(item.key));
  }

  retry(key: string): void {
    const item = this.find(key);
    const work = this.work.get(key);
    if (item?.phase !== 'failed' || !work) return;
    work.tries = 0;
    work.notBefore = 0;
    this.patch(key, { phase: 'waiting', error: null, note: null });
    this.pump();
  }

  /** Ends it for good: the server forgets what it has received. */
  async cancel(key: string): Promise<void> {
    const item = this.find(key);
    if (!item) return;
    this.stopTransfer(key);
    this.remove(key);
    if (item.uploadId && item.phase !== 'done') {
      forget(item.uploadId);
      this.open = this.open.filter((upload) => upload.id !== item.uploadId);
      await cancelUpload(item.uploadId).catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
      });
      if (item.parentId) this.onChanged(item.parentId, null);
    }
    this.pump();
  }

  /** Takes what has ended off the panel. */
  clearFinished(): void {
    for (const item of this.items.get()) if (item.phase === 'done') this.remove(item.key);
  }

  resolveConflict(key: string, choice: ConflictChoice): void {
    if (choice === 'skip') return this.remove(key);
    this.patch(key, { phase: 'waiting', onConflict: choice, error: null });
    this.pump();
  }

  /** Gives an interrupted upload its file back; a sentence where it is not the same one. */
  continueWith(key: string, file: File): string | null {
    const item = this.find(key);
    const work = this.work.get(key);
    if (!item?.uploadId || !work) return null;
    const candidate = { name: file.name, size: file.size, lastModified: file.lastModified, parentId: '' };
    const reason = mismatch(
      candidate,
      { id: item.uploadId, fileName: item.fileName, fileSize: item.size },
      readMemories(),
    );
    if (reason) return reason;
    this.adopt(item, work, file);
    this.pump();
    return null;
  }

  private enqueue(file: File, parentId: string | null): UploadItem {
    if (parentId) {
      const continued = this.interruptedTwin(file, parentId);
      if (continued) return continued;
    }
    const item: UploadItem = {
      key: `u${this.nextKey++}`,
      fileName: file.name,
      size: file.size,
      contentType: file.type || 'application/octet-stream',
      lastModified: file.lastModified,
      parentId,
      phase: 'waiting',
      uploadId: null,
      assetId: null,
      bytesSent: 0,
      bytesPerSecond: null,
      error: null,
      note: null,
      onConflict: null,
      replaceable: false,
    };
    this.work.set(item.key, this.newWork(file));
    this.items.set((items) => [...items, item]);
    return item;
  }

  /** An interrupted upload that this file continues. */
  private interruptedTwin(file: File, parentId: string): UploadItem | null {
    const candidate = { name: file.name, size: file.size, lastModified: file.lastModified, parentId };
    const upload = matchUpload(candidate, this.open, readMemories(), tabId, Date.now());
    const item =
      upload && this.items.get().find((entry) => entry.uploadId === upload.id && entry.phase === 'interrupted');
    const work = item && this.work.get(item.key);
    if (!item || !work) return null;
    this.adopt(item, work, file);
    return item;
  }

  private adopt(item: UploadItem, work: Work, file: File): void {
    work.file = file;
    work.tries = 0;
    this.patch(item.key, {
      phase: 'waiting',
      lastModified: file.lastModified,
      contentType: file.type || item.contentType,
      error: null,
    });
  }

  private newWork(file: File | null): Work {
    return {
      file,
      book: null,
      meter: new SpeedMeter(),
      tries: 0,
      notBefore: 0,
      lastProgressAt: 0,
      lastBytes: 0,
      movedAt: 0,
    };
  }

  /** Starts as many of the waiting as there is room for. */
  private pump(): void {
    clearTimeout(this.timer);
    const now = Date.now();
    let room = maxActive - this.items.get().filter(isActive).length;
    let nextAt = Infinity;
    for (const item of this.items.get()) {
      const work = this.work.get(item.key);
      if (item.phase !== 'waiting' || !item.parentId || !work?.file) continue;
      if (work.notBefore > now) {
        nextAt = Math.min(nextAt, work.notBefore);
        continue;
      }
      if (room <= 0) break;
      room -= 1;
      this.patch(item.key, { phase: 'starting', note: null });
      void this.run(item.key, work.file);
    }
    if (nextAt < Infinity) this.timer = setTimeout(() => this.pump(), nextAt - now);
  }

  private async run(key: string, file: File): Promise<void> {
    try {
      const upload = await this.announce(key, file);
      const item = this.find(key);
      if (!upload) return;
      // Cancelled or paused in the meantime.
      if (!item) return void cancelUpload(upload.id).catch(() => undefined);
      remember(upload.id, file.lastModified);
      const sent = upload.parts.filter((part) => part.isCompleted).reduce((sum, part) => sum + part.length, 0);
      const paused = item.phase === 'paused';
      this.patch(key, {
        uploadId: upload.id,
        assetId: upload.assetId,
        bytesSent: sent,
        phase: paused ? 'paused' : 'uploading',
      });
      if (item.parentId) this.onChanged(item.parentId, null);
      await this.transfer(key, file, upload);
      if (paused) void this.withEngine((engine) => engine.pause(key));
    } catch (error) {
      this.failed(key, error);
    }
  }

  /** The server's record of this upload: a new one, or the one that is continued; null where a person has to decide. */
  private async announce(key: string, file: File): Promise<Upload | null> {
    const item = this.find(key);
    if (!item?.parentId) return null;
    if (item.uploadId) {
      try {
        return await fetchUpload(item.uploadId);
      } catch (error) {
        // Swept or cancelled on the server: begin anew.
        if (!(error instanceof ApiError && (error.status === 404 || error.status === 410))) throw error;
        forget(item.uploadId);
        this.patch(key, { uploadId: null, assetId: null, bytesSent: 0 });
      }
    }
    try {
      return await startUpload({
        fileName: item.fileName,
        fileSize: item.size,
        parentId: item.parentId,
        contentType: item.contentType,
        ...(item.onConflict ? { onConflict: item.onConflict } : {}),
      });
    } catch (error) {
      if (!(error instanceof ApiError && error.is('name-taken'))) throw error;
      const own = await this.ownOpenUpload(item, file, error);
      if (own) return own;
      const heldBy = error.body.uploadId;
      const here = this.items.get().some((other) => other.key !== key && heldBy && other.uploadId === heldBy);
      const said = describeError(error);
      if (here) said.detail = 'A file of this name is on its way there already.';
      this.patch(key, { phase: 'conflict', error: said, replaceable: error.body.replaceable === true });
      this.pump();
      return null;
    }
  }

  /** The name is held by an open upload of this very file: that one is continued. */
  private async ownOpenUpload(item: UploadItem, file: File, error: ApiError): Promise<Upload | null> {
    const id = typeof error.body.uploadId === 'string' ? error.body.uploadId : null;
    if (
      !id ||
      this.items.get().some((other) => other.key !== item.key && other.uploadId === id && other.phase !== 'interrupted')
    ) {
      return null;
    }
    const memories = readMemories();
    if (isSentElsewhere(memories[id], tabId, Date.now())) return null;
    const upload = await fetchUpload(id).catch(() => null);
    if (!upload) return null;
    const size = upload.fileSize;
    const known = { id, fileName: file.name, fileSize: size };
    const candidate = { name: file.name, size: file.size, lastModified: file.lastModified, parentId: '' };
    if (mismatch(candidate, known, memories)) return null;
    const shown = this.items.get().find((other) => other.uploadId === id && other.key !== item.key);
    if (shown) this.remove(shown.key);
    return upload;
  }

  private async transfer(key: string, file: File, upload: Upload): Promise<void> {
    await this.withEngine((engine) => {
      const work = this.work.get(key);
      if (!this.find(key) || !work) return;
      work.movedAt = Date.now();
      const book = new PartBook(upload, () => fetchUpload(upload.id));
      work.book = book;
      engine.start({
        key,
        file,
        uploadId: upload.id,
        assetId: upload.assetId,
        chunkSize: upload.chunkSize,
        book,
        onProgress: (bytes) => this.progress(key, bytes),
        onFinishing: () => this.patch(key, { phase: 'finishing', bytesSent: file.size, bytesPerSecond: null }),
        onDone: (asset) => this.done(key, asset),
        onError: (error) => this.failed(key, error),
      });
    });
  }

  private progress(key: string, bytes: number): void {
    const work = this.work.get(key);
    const item = this.find(key);
    // A part that had left whole when the pause came still counts.
    if (work?.book && item?.phase === 'paused') this.patch(key, { bytesSent: work.book.bytesConfirmed() });
    if (!work || item?.phase !== 'uploading') return;
    const now = Date.now();
    if (bytes > work.lastBytes) {
      work.movedAt = now;
      if (item.note) this.patch(key, { note: null });
    }
    work.lastBytes = bytes;
    work.meter.add(bytes, now);
    if (now - work.lastProgressAt < progressEveryMs && bytes < item.size) return;
    work.lastProgressAt = now;
    if (bytes > item.bytesSent) work.tries = 0;
    this.patch(key, { bytesSent: Math.min(bytes, item.size), bytesPerSecond: work.meter.bytesPerSecond() });
  }

  private done(key: string, asset: Asset): void {
    const item = this.find(key);
    if (!item) return;
    if (item.uploadId) forget(item.uploadId);
    this.open = this.open.filter((upload) => upload.id !== item.uploadId);
    this.patch(key, { phase: 'done', assetId: asset.id, bytesSent: item.size, bytesPerSecond: null, error: null });
    const work = this.work.get(key);
    if (work) work.file = null;
    if (item.parentId) this.onChanged(item.parentId, asset);
    this.pump();
  }

  private failed(key: string, error: unknown): void {
    const work = this.work.get(key);
    if (!work || !this.find(key)) return;
    work.meter.reset();
    if (isPassing(error) && work.tries < maxAutomaticTries) {
      work.tries += 1;
      work.notBefore = Date.now() + Math.min(60_000, 2000 * 2 ** (work.tries - 1));
      this.patch(key, { phase: 'waiting', bytesPerSecond: null, note: 'Connection lost, trying again' });
      return this.pump();
    }
    this.fail(key, error);
    this.pump();
  }

  private fail(key: string, error: unknown, title?: string): void {
    const said = describeError(error);
    const described = title ? { title, detail: said.detail ?? said.title } : said;
    this.patch(key, { phase: 'failed', error: described, bytesPerSecond: null, note: null });
  }

  private retryNow(): void {
    for (const work of this.work.values()) work.notBefore = 0;
    this.pump();
  }

  private async findInterrupted(): Promise<void> {
    try {
      this.open = await fetchOpenUploads();
    } catch {
      // Without the list nothing is lost: dropping the file again finds its upload by its name.
      return;
    }
    // What was begun elsewhere, by a program or another browser, goes on there and is no affair of this page.
    const memories = readMemories();
    const now = Date.now();
    const known = new Set(this.items.get().map((item) => item.uploadId));
    let elsewhere = false;
    for (const upload of this.open) {
      if (known.has(upload.id) || !memories[upload.id]) continue;
      if (isSentElsewhere(memories[upload.id], tabId, now)) {
        elsewhere = true;
        continue;
      }
      this.showInterrupted(upload);
    }
    // Another tab sends those; should it fall silent, they are shown here.
    if (elsewhere) setTimeout(() => this.heartbeat && void this.findInterrupted(), tabSilenceMs + heartbeatMs);
  }

  private showInterrupted(upload: OpenUpload): void {
    const item: UploadItem = {
      key: `u${this.nextKey++}`,
      fileName: upload.fileName,
      size: upload.fileSize,
      contentType: 'application/octet-stream',
      lastModified: 0,
      parentId: upload.parentId ?? null,
      phase: 'interrupted',
      uploadId: upload.id,
      assetId: upload.assetId,
      bytesSent: Math.min(upload.completedParts * upload.chunkSize, upload.fileSize),
      bytesPerSecond: null,
      error: null,
      note: null,
      onConflict: null,
      replaceable: false,
    };
    this.work.set(item.key, this.newWork(null));
    this.items.set((items) => [...items, item]);
  }

  private beat(): void {
    const sending = this.items.get().filter((item) => this.work.get(item.key)?.file && item.phase !== 'failed');
    touch(sending.flatMap((item) => (item.uploadId ? [item.uploadId] : [])));
    const now = Date.now();
    for (const item of sending) {
      const work = this.work.get(item.key);
      if (item.phase !== 'uploading' || item.note || !work || now - work.movedAt < stallMs) continue;
      work.meter.reset();
      this.patch(item.key, { bytesPerSecond: null, note: 'Waiting for the connection' });
    }
  }

  private async withEngine(act: (engine: UploadEngine) => void): Promise<void> {
    this.enginePromise ??= import('./engine').then(({ UploadEngine }) => new UploadEngine());
    try {
      act(await this.enginePromise);
    } catch (error) {
      this.enginePromise = null;
      throw error;
    }
  }

  private stopTransfer(key: string): void {
    void this.enginePromise?.then((engine) => engine.stop(key));
  }

  private remove(key: string): void {
    this.work.delete(key);
    this.items.set((items) => items.filter((item) => item.key !== key));
  }

  private find(key: string): UploadItem | undefined {
    return this.items.get().find((item) => item.key === key);
  }

  private patch(key: string, changes: Partial<UploadItem>): void {
    this.items.set((items) => items.map((item) => (item.key === key ? { ...item, ...changes } : item)));
  }
}

export const uploadQueue = new UploadQueue();
