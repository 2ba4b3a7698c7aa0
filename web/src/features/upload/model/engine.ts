/**
 * Moves bytes: Uppy's S3 uploader over this server's part URLs. It cuts files, tries again what fails on the way,
 * pauses and resumes; which part may go is for the lanes to say. Loaded when the first file is dropped, and knows nothing
 * of the page.
 */
import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import { ApiError } from '@/shared/api/problem';
import type { Asset } from '@/shared/api/types';
import { completePart, completeUpload } from '../api/uploads';
import { Lanes } from './lanes';
import type { PartBook } from './part-book';

export const parallelParts = { inAll: 4, ofOneUpload: 3 };

/**
 * What Uppy may have under way by its own count: never the limit, since its queue does not keep to the order of the parts.
 * Finite, because it counts up to this number when a connection comes back.
 */
const uppyLimit = 100_000;

export interface Transfer {
  key: string;
  file: File;
  uploadId: string;
  assetId: string;
  chunkSize: number;
  book: PartBook;
  onProgress: (bytes: number) => void;
  /** All parts are there; the server makes the asset. */
  onFinishing: () => void;
  onDone: (asset: Asset) => void;
  onError: (error: unknown) => void;
}

/** An error in the shape that Uppy's retrying looks at: `source.status`, where 0 is a lost connection. */
class TransferError extends Error {
  readonly source: { status: number };
  constructor(
    message: string,
    status: number,
    readonly reason?: unknown,
  ) {
    super(message);
    this.source = { status };
  }
}

interface PartRequest {
  url: string;
  transfer: Transfer;
  partNumber: number;
}

interface SendOptions {
  signature: unknown;
  body: FormData | Blob;
  onComplete: (etag: string) => void;
  signal?: AbortSignal;
}

interface PutOptions {
  onProgress: (bytes: number) => void;
  signal?: AbortSignal;
}

function putPart(url: string, body: Blob, { onProgress, signal }: PutOptions): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let sent = false;
    // What has left whole waits for its answer, through a pause as well, or it would be sent a second time.
    const abort = () => sent || request.abort();
    request.open('PUT', url, true);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.upload.onload = () => (sent = true);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new TransferError('network: the connection was lost', 0));
    request.onabort = () => reject(new DOMException('Aborted', 'AbortError'));
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort);
    request.send(body);
  });
}

/** Asks the server; what it answers in error is tried again where that may help. */
async function ask<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0;
    throw new TransferError(error instanceof Error ? error.message : 'The server did not answer', status, error);
  }
}

function refusal(request: XMLHttpRequest): TransferError {
  let title = `The server answered ${request.status}`;
  try {
    const problem = JSON.parse(request.responseText) as { title?: string; detail?: string };
    title = problem.detail ?? problem.title ?? title;
  } catch {
    // Not a problem document: S3 and proxies have words of their own.
  }
  return new TransferError(title, request.status);
}

/** Sends one part and confirms it; done means that the server has it for good. */
async function sendPart({ transfer, partNumber }: PartRequest, body: Blob, signal?: AbortSignal): Promise<string> {
  const { book } = transfer;
  const progress = (bytes: number) => {
    book.sending(partNumber, bytes);
    transfer.onProgress(book.bytesSent());
  };
  const put = async () => putPart((await ask(book.part(partNumber))).uploadUrl, body, { onProgress: progress, signal });
  try {
    let request = await put();
    if (request.status === 403) {
      // Its URL has ended before its time.
      await ask(book.refresh());
      if (signal?.aborted) throw new DOMException('Aborted', 'AbortError');
      request = await put();
    }
    if (request.status === 409) {
      // Confirmed already when the answer to an earlier try was lost.
      await ask(book.refresh());
      if (book.isConfirmed(partNumber)) return '';
    }
    if (request.status < 200 || request.status >= 300) throw refusal(request);
    const etag = request.getResponseHeader('ETag');
    if (!etag) throw new Error('The server did not say which bytes it received (no ETag).');
    const part = await ask(book.part(partNumber));
    await ask(completePart(part.id, etag));
    book.confirmed(partNumber);
    return etag;
  } finally {
    progress(0);
  }
}

type Body = Record<string, unknown>;
interface Meta extends Record<string, unknown> {
  key: string;
}

export class UploadEngine {
  private readonly transfers = new Map<string, Transfer>();
  private readonly chunkSizes = new WeakMap<object, number>();
  private readonly assets = new Map<string, Asset>();
  private readonly lanes = new Lanes(parallelParts.inAll, parallelParts.ofOneUpload);
  private readonly uppy: Uppy<Meta, Body>;

  constructor() {
    this.uppy = new Uppy<Meta, Body>({ autoProceed: false });
    this.uppy.use(AwsS3<Meta, Body>, {
      shouldUseMultipart: true,
      limit: uppyLimit,
      retryDelays: [0, 1000, 3000, 5000, 10_000, 20_000],
      getChunkSize: (data) => this.chunkSizes.get(data) ?? 8 * 1024 * 1024,
      createMultipartUpload: (file) => {
        const { uploadId, assetId } = this.transferOf(file.meta.key);
        return { uploadId, key: assetId };
      },
      listParts: async (file) => {
        const parts = await this.transferOf(file.meta.key).book.completed();
        return parts.map((part) => ({ PartNumber: part.partNumber, Size: part.length, ETag: '' }));
      },
      // The URL is asked for when the part's turn comes; until then it might end.
      signPart: (file, { partNumber }) => {
        const request: PartRequest = { url: '', partNumber, transfer: this.transferOf(file.meta.key) };
        return { method: 'PUT', ...request };
      },
      uploadPartBytes: async ({ signature, body, onComplete, signal }: SendOptions) => {
        const request = signature as PartRequest;
        if (body instanceof FormData) throw new Error('a part is never a form');
        const leave = await this.lanes.enter(request.transfer.key, request.partNumber, signal);
        try {
          const etag = await sendPart(request, body, signal);
          onComplete(etag);
          return { ETag: etag };
        } finally {
          leave();
        }
      },
      completeMultipartUpload: async (file) => {
        const transfer = this.transferOf(file.meta.key);
        transfer.onFinishing();
        this.assets.set(transfer.key, await completeUpload(transfer.uploadId));
        return {};
      },
      // Uppy drops the server's side after any failure; here it is kept, so that a retry goes on from there. A person
      // who cancels does so through the queue.
      abortMultipartUpload: () => {},
    });
    this.uppy.on('upload-success', (file) => {
      const transfer = file && this.transfers.get(file.meta.key);
      const asset = transfer && this.assets.get(transfer.key);
      if (!transfer || !asset) return;
      this.forget(transfer.key);
      transfer.onDone(asset);
    });
    this.uppy.on('upload-error', (file, error) => {
      const transfer = file && this.transfers.get(file.meta.key);
      if (!transfer) return;
      const reason = (error as Partial<TransferError>).reason ?? error;
      this.forget(transfer.key);
      transfer.onError(reason);
    });
  }

  start(transfer: Transfer): void {
    this.transfers.set(transfer.key, transfer);
    this.chunkSizes.set(transfer.file, transfer.chunkSize);
    const id = this.uppy.addFile({
      name: transfer.file.name,
      type: transfer.file.type || 'application/octet-stream',
      data: transfer.file,
      source: 'queue',
      // Uppy takes two files of one name and size for the same; the key in the path tells them apart.
      meta: { key: transfer.key, relativePath: transfer.key } as unknown as Meta,
    });
    // Always as one to be continued: what the server has already is never sent again.
    this.uppy.setFileState(id, { s3Multipart: { uploadId: transfer.uploadId, key: transfer.assetId } } as object);
    void this.uppy.upload().catch(() => undefined);
  }

  pause(key: string): void {
    this.setPaused(key, true);
  }

  resume(key: string): void {
    this.transfers.get(key)?.book.doubt();
    this.setPaused(key, false);
  }

  /** Stops sending; what the server has stays there. */
  stop(key: string): void {
    if (this.transfers.has(key)) this.forget(key);
  }

  private transferOf(key: string): Transfer {
    const transfer = this.transfers.get(key);
    if (!transfer) throw new Error('This upload was stopped.');
    return transfer;
  }

  private setPaused(key: string, paused: boolean): void {
    const file = this.fileOf(key);
    if (file && Boolean(file.isPaused) !== paused) this.uppy.pauseResume(file.id);
  }

  private fileOf(key: string) {
    return this.uppy.getFiles().find((file) => file.meta.key === key);
  }

  /** Out of Uppy's list as well, or its next upload would try failed files again by itself. */
  private forget(key: string): void {
    this.transfers.delete(key);
    this.assets.delete(key);
    const file = this.fileOf(key);
    if (file) queueMicrotask(() => this.uppy.getFile(file.id) && this.uppy.removeFile(file.id));
  }
}
