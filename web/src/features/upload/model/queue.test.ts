// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/shared/api/problem';
import type { Asset, OpenUpload, Upload } from '@/shared/api/types';
import * as uploads from '../api/uploads';
import type { Transfer } from './engine';
import { UploadQueue } from './queue';

vi.mock('../api/uploads');

const started: Transfer[] = [];
const stopped: string[] = [];
vi.mock('./engine', () => ({
  UploadEngine: class {
    start(transfer: Transfer) {
      started.push(transfer);
    }
    stop(key: string) {
      stopped.push(key);
    }
    pause() {}
    resume() {}
  },
}));

const api = vi.mocked(uploads);
const chunk = 8 * 1024 * 1024;

function record(id: string, done = 0): Upload {
  const parts = [1, 2].map((partNumber) => ({
    id: `${id}p${partNumber}`,
    partNumber,
    uploadUrl: '/',
    offset: 0,
    length: chunk,
    expiresAt: '2099-01-01T00:00:00.000Z',
    isCompleted: partNumber <= done,
  }));
  return { id, assetId: `${id}a`, fileName: 'film.mov', fileSize: chunk * 2, chunkSize: chunk, parts } as Upload;
}

function file(name = 'film.mov', size = chunk * 2): File {
  const made = new File(['x'], name, { type: 'video/quicktime', lastModified: 77 });
  Object.defineProperty(made, 'size', { value: size });
  return made;
}

/** As a tab of this browser that has gone left it. */
const rememberOf = (id: string) =>
  localStorage.setItem('rv.uploads', JSON.stringify({ [id]: { lastModified: 77, tab: '', seenAt: Date.now() } }));

const dropped = (...files: File[]) => ({ files: files.map((each) => ({ file: each, folders: [] })), emptyFolders: [] });
const taken = (body: Record<string, unknown> = {}) =>
  new ApiError({ status: 409, type: 'name-taken', title: 'The name is taken', body });

describe('UploadQueue', () => {
  let queue: UploadQueue;
  let end: () => void;
  const phases = () => queue.items.get().map((item) => item.phase);
  const settle = () => vi.advanceTimersByTimeAsync(50);

  beforeEach(() => {
    vi.useFakeTimers();
    vi.resetAllMocks();
    localStorage.clear();
    started.length = 0;
    stopped.length = 0;
    api.fetchOpenUploads.mockResolvedValue([]);
    let number = 0;
    api.startUpload.mockImplementation(async () => record(`u${(number += 1)}`));
    api.cancelUpload.mockResolvedValue(undefined);
    queue = new UploadQueue();
    end = queue.begin();
  });

  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  it('sends three at a time and the next when one is done', async () => {
    await queue.add(dropped(file('1'), file('2'), file('3'), file('4')), 'folder');
    await settle();
    expect(phases()).toEqual(['uploading', 'uploading', 'uploading', 'waiting']);
    started[0]?.onDone({ id: 'a1' } as Asset);
    await settle();
    expect(phases()).toEqual(['done', 'uploading', 'uploading', 'uploading']);
    expect(started.map((transfer) => transfer.file.name)).toEqual(['1', '2', '3', '4']);
  });

  it('lets another one go while one is paused', async () => {
    await queue.add(dropped(file('1'), file('2'), file('3'), file('4')), 'folder');
    await settle();
    queue.pause(queue.items.get()[0]?.key ?? '');
    await settle();
    expect(phases()).toEqual(['paused', 'uploading', 'uploading', 'uploading']);
  });

  it('continues an interrupted upload when its file is dropped again', async () => {
    const open = { ...record('old'), parentId: 'folder', partCount: 2, completedParts: 1 } as unknown as OpenUpload;
    api.fetchOpenUploads.mockResolvedValue([open]);
    api.fetchUpload.mockResolvedValue(record('old', 1));
    rememberOf('old');
    end();
    queue = new UploadQueue();
    end = queue.begin();
    await settle();
    expect(queue.items.get()[0]).toMatchObject({ phase: 'interrupted', bytesSent: chunk });

    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(api.startUpload).not.toHaveBeenCalled();
    expect(queue.items.get()).toHaveLength(1);
    expect(started[0]).toMatchObject({ uploadId: 'old' });
  });

  it('leaves alone what another browser or a program began', async () => {
    const open = { ...record('theirs'), parentId: 'folder', partCount: 2, completedParts: 1 } as unknown as OpenUpload;
    api.fetchOpenUploads.mockResolvedValue([open]);
    end();
    queue = new UploadQueue();
    end = queue.begin();
    await settle();
    expect(queue.items.get()).toEqual([]);
  });

  it('counts a paused upload by what the server has', async () => {
    await queue.add(dropped(file()), 'folder');
    await settle();
    const transfer = started[0];
    transfer?.book.confirmed(1);
    transfer?.book.sending(2, 1000);
    transfer?.onProgress(transfer.book.bytesSent());
    expect(queue.items.get()[0]).toMatchObject({ bytesSent: chunk + 1000 });
    queue.pause(queue.items.get()[0]?.key ?? '');
    expect(queue.items.get()[0]).toMatchObject({ phase: 'paused', bytesSent: chunk });
  });

  it('begins anew when the server has dropped the upload meanwhile', async () => {
    const open = { ...record('old'), parentId: 'folder', completedParts: 1 } as unknown as OpenUpload;
    api.fetchOpenUploads.mockResolvedValue([open]);
    api.fetchUpload.mockRejectedValue(new ApiError({ status: 404, title: 'Gone' }));
    rememberOf('old');
    end();
    queue = new UploadQueue();
    end = queue.begin();
    await settle();
    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(started[0]).toMatchObject({ uploadId: 'u1' });
  });

  it('asks when the name is taken, and does as it is told', async () => {
    api.startUpload.mockRejectedValueOnce(taken());
    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(phases()).toEqual(['conflict']);
    queue.resolveConflict(queue.items.get()[0]?.key ?? '', 'rename');
    await settle();
    expect(phases()).toEqual(['uploading']);
    expect(api.startUpload).toHaveBeenLastCalledWith(expect.objectContaining({ onConflict: 'rename' }));
  });

  it('goes on by itself where its own upload holds the name', async () => {
    api.startUpload.mockRejectedValueOnce(taken({ uploadId: 'mine' }));
    api.fetchUpload.mockResolvedValue(record('mine', 1));
    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(started[0]).toMatchObject({ uploadId: 'mine' });
    expect(queue.items.get()[0]).toMatchObject({ phase: 'uploading', bytesSent: chunk });
  });

  it('asks all the same when that upload is of another file', async () => {
    api.startUpload.mockRejectedValueOnce(taken({ uploadId: 'mine' }));
    api.fetchUpload.mockResolvedValue({ ...record('mine'), fileSize: 5 });
    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(phases()).toEqual(['conflict']);
  });

  it('tries again by itself after a lost connection, from where it was', async () => {
    api.fetchUpload.mockResolvedValue(record('u1', 1));
    await queue.add(dropped(file()), 'folder');
    await settle();
    started[0]?.onError(new TypeError('Failed to fetch'));
    expect(queue.items.get()[0]).toMatchObject({ phase: 'waiting', note: expect.stringContaining('trying again') });
    await vi.advanceTimersByTimeAsync(2500);
    expect(api.startUpload).toHaveBeenCalledTimes(1);
    expect(started).toHaveLength(2);
    expect(queue.items.get()[0]).toMatchObject({ phase: 'uploading', bytesSent: chunk });
  });

  it('says so when nothing moves any more, and takes it back when it does', async () => {
    await queue.add(dropped(file()), 'folder');
    await settle();
    started[0]?.onProgress(1000);
    await vi.advanceTimersByTimeAsync(1000);
    started[0]?.onProgress(2000);
    expect(queue.items.get()[0]).toMatchObject({ note: null, bytesPerSecond: 1000 });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(queue.items.get()[0]).toMatchObject({ phase: 'uploading', note: expect.any(String), bytesPerSecond: null });
    started[0]?.onProgress(3000);
    expect(queue.items.get()[0]).toMatchObject({ note: null });
  });

  it('does not offer to replace what is only on its way', async () => {
    api.startUpload.mockResolvedValueOnce(record('mine')).mockRejectedValueOnce(taken({ uploadId: 'mine' }));
    await queue.add(dropped(file()), 'folder');
    await settle();
    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(queue.items.get()[1]).toMatchObject({
      phase: 'conflict',
      replaceable: false,
      error: { detail: expect.stringContaining('on its way') },
    });
  });

  it('offers to replace what the server says can be replaced', async () => {
    api.startUpload
      .mockRejectedValueOnce(taken({ replaceable: true }))
      .mockRejectedValueOnce(taken({ replaceable: false }));
    await queue.add(dropped(file('a.mov'), file('b.mov')), 'folder');
    await settle();
    expect(queue.items.get().map(({ phase, replaceable }) => [phase, replaceable])).toEqual([
      ['conflict', true],
      ['conflict', false],
    ]);
  });

  it('stops at a refusal and says what the server said', async () => {
    api.startUpload.mockRejectedValueOnce(
      new ApiError({ status: 507, title: 'The disk is full', detail: '3 GB are missing.' }),
    );
    await queue.add(dropped(file()), 'folder');
    await settle();
    expect(queue.items.get()[0]).toMatchObject({
      phase: 'failed',
      error: { title: 'The disk is full', detail: '3 GB are missing.' },
    });
    queue.retry(queue.items.get()[0]?.key ?? '');
    await settle();
    expect(phases()).toEqual(['uploading']);
  });

  it('cancels on the server what was begun, an upload being announced too', async () => {
    let answer: (upload: Upload) => void = () => {};
    api.startUpload.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    await queue.add(dropped(file()), 'folder');
    await queue.cancel(queue.items.get()[0]?.key ?? '');
    answer(record('late'));
    await settle();
    expect(api.cancelUpload).toHaveBeenCalledWith('late');
    expect(queue.items.get()).toEqual([]);

    await queue.add(dropped(file()), 'folder');
    await settle();
    await queue.cancel(queue.items.get()[0]?.key ?? '');
    expect(api.cancelUpload).toHaveBeenLastCalledWith('u1');
    expect(stopped).toHaveLength(1);
  });

  it('makes the folders of dropped files first', async () => {
    api.createFolder.mockImplementation(async (parentId, name) => ({ id: `${parentId}/${name}` }) as Asset);
    await queue.add(
      { files: [{ file: file(), folders: ['Day 1', 'Cam A'] }], emptyFolders: [['Day 1', 'Cam B']] },
      'folder',
    );
    await settle();
    expect(api.startUpload).toHaveBeenCalledWith(expect.objectContaining({ parentId: 'folder/Day 1/Cam A' }));
    // Those with nothing in them too.
    expect(api.createFolder.mock.calls).toEqual([
      ['folder', 'Day 1'],
      ['folder/Day 1', 'Cam A'],
      ['folder/Day 1', 'Cam B'],
    ]);
  });
});
