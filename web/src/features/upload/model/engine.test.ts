// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Asset, Upload } from '@/shared/api/types';
import * as uploads from '../api/uploads';
import { parallelParts, UploadEngine, type Transfer } from './engine';
import { PartBook } from './part-book';

vi.mock('../api/uploads');
const api = vi.mocked(uploads);

const chunk = 5 * 1024 * 1024;

/** A request that ends when the test says so. */
class FakeRequest {
  static open: FakeRequest[] = [];
  url = '';
  status = 0;
  responseText = '';
  aborted = false;
  upload: { onprogress?: (event: object) => void; onload?: () => void } = {};
  onload?: () => void;
  onabort?: () => void;
  onloadend?: () => void;
  open(_method: string, url: string) {
    this.url = url;
  }
  send() {
    FakeRequest.open.push(this);
  }
  private end() {
    FakeRequest.open = FakeRequest.open.filter((other) => other !== this);
    this.onloadend?.();
  }
  abort() {
    this.aborted = true;
    this.onabort?.();
    this.end();
  }
  getResponseHeader() {
    return '"etag"';
  }
  loaded(bytes: number) {
    this.upload.onprogress?.({ loaded: bytes, lengthComputable: true });
  }
  sent() {
    this.upload.onload?.();
  }
  answer() {
    this.status = 200;
    this.onload?.();
    this.end();
  }
}

const urls = () => FakeRequest.open.map((request) => request.url);
const settle = () => new Promise((done) => setTimeout(done, 20));

function transferOf(key: string, partCount: number, over: Partial<Transfer> = {}): Transfer {
  const parts = Array.from({ length: partCount }, (_, n) => ({
    id: `${key}-${n + 1}`,
    partNumber: n + 1,
    uploadUrl: `/${key}/${n + 1}`,
    offset: n * chunk,
    length: chunk,
    expiresAt: '2099-01-01T00:00:00.000Z',
    isCompleted: false,
  }));
  const file = new File([new Uint8Array(partCount * chunk)], `${key}.bin`);
  return {
    key,
    file,
    uploadId: key,
    assetId: `${key}a`,
    chunkSize: chunk,
    book: new PartBook({ parts } as unknown as Upload, async () => ({ parts: [] }) as unknown as Upload),
    onProgress: vi.fn(),
    onFinishing: vi.fn(),
    onDone: vi.fn(),
    onError: vi.fn(),
    ...over,
  };
}

describe('UploadEngine', () => {
  beforeEach(() => {
    vi.resetAllMocks();
    FakeRequest.open = [];
    vi.stubGlobal('XMLHttpRequest', FakeRequest);
    api.completePart.mockResolvedValue(undefined);
    api.completeUpload.mockResolvedValue({ id: 'made' } as Asset);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('sends few parts at a time, the first ones first', async () => {
    const transfer = transferOf('f', 8);
    new UploadEngine().start(transfer);
    await settle();
    expect(urls()).toEqual(['/f/1', '/f/2', '/f/3']);
    FakeRequest.open[0]?.answer();
    await settle();
    expect(urls()).toEqual(['/f/2', '/f/3', '/f/4']);
    for (let n = 0; n < 10; n += 1) {
      FakeRequest.open[0]?.answer();
      await settle();
      expect(urls().length).toBeLessThanOrEqual(parallelParts.ofOneUpload);
    }
    expect(transfer.onDone).toHaveBeenCalled();
    expect(api.completePart.mock.calls.map(([id]) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `f-${n}`));
  });

  it('leaves room for a second file', async () => {
    const engine = new UploadEngine();
    engine.start(transferOf('f', 8));
    engine.start(transferOf('g', 2));
    await settle();
    expect(urls()).toEqual(['/f/1', '/f/2', '/f/3', '/g/1']);
  });

  it('keeps through a pause what has left whole, and goes on with the rest', async () => {
    const transfer = transferOf('f', 4);
    const record = () =>
      ({
        parts: [1, 2, 3, 4].map((partNumber) => ({
          id: `f-${partNumber}`,
          partNumber,
          uploadUrl: `/f/${partNumber}`,
          length: chunk,
          isCompleted: transfer.book.isConfirmed(partNumber),
        })),
      }) as unknown as Upload;
    const engine = new UploadEngine();
    transfer.book = new PartBook(record(), async () => record());
    engine.start(transfer);
    await settle();
    FakeRequest.open[0]?.loaded(chunk);
    FakeRequest.open[0]?.sent();
    FakeRequest.open[1]?.loaded(1000);
    expect(transfer.book.bytesSent()).toBe(chunk + 1000);
    engine.pause('f');
    await settle();
    expect(urls()).toEqual(['/f/1']);
    FakeRequest.open[0]?.answer();
    await settle();
    expect(urls()).toEqual([]);
    expect(transfer.book.bytesSent()).toBe(chunk);
    engine.resume('f');
    await settle();
    expect(urls()).toEqual(['/f/2', '/f/3', '/f/4']);
    while (FakeRequest.open.length > 0) {
      FakeRequest.open[0]?.answer();
      await settle();
    }
    expect(transfer.onDone).toHaveBeenCalled();
    expect(transfer.onError).not.toHaveBeenCalled();
  });
});
