/**
 * Moves bytes: Uppy's S3 uploader over this server's part URLs. It cuts files, keeps four parts under way over all files,
 * tries again what fails on the way, pauses and resumes. Loaded when the first file is dropped, and knows nothing of the
 * page.
 */
import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import { ApiError } from '@/shared/api/problem';
import type { Asset } from '@/shared/api/types';
import { completePart, completeUpload } from '../api/uploads';
import type { PartBook } from './part-book';

export const parallelParts = 4;

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
  partId: string;
}

interface SendOptions {
  signature: unknown;
  body: FormData | Blob;
  size?: number;
  onProgress: (event: { loaded: number; lengthComputable: boolean }) => void;
  onComplete: (etag: string) => void;
  signal?: AbortSignal;
}

function putPart(
  url: string,
  body: Blob,
  options: Pick<SendOptions, 'onProgress' | 'signal'>,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open('PUT', url, true);
    request.upload.onprogress = (event) => options.onProgress(event);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new TransferError('network: the connection was lost', 0));
    request.onabort = () => reject(new DOMException('Aborted', 'AbortError'));
    request.onloadend = () => options.signal?.removeEventListener('abort', abort);
    options.signal?.addEventListener('abort', abort);
    request.send(body);
  });
}

async function confirmPart(partId: string, etag: string): Promise<void> {
  try {
    await completePart(partId, etag);
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0;
    throw new TransferError(error instanceof Error ? error.message : 'The part was not confirmed', status, error);
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
async function sendPart({ signature, body, size, onProgress, onComplete, signal }: SendOptions) {
  const { transfer, url, partNumber, partId } = signature as PartRequest;
  if (body instanceof FormData) throw new Error('a part is never a form');
  const request = await putPart(url, body, { onProgress, signal });
  const done = (etag: string) => {
    transfer.book.confirmed(partNumber);
    onProgress({ loaded: size ?? body.size, lengthComputable: true });
    onComplete(etag);
    return { ETag: etag };
  };
  if (request.status === 409) {
    // Confirmed already when the answer to an earlier try was lost.
    await transfer.book.refresh();
    if (transfer.book.isConfirmed(partNumber)) return done('');
  }
  if (request.status === 403) {
    await transfer.book.refresh();
    // These words make Uppy ask for a new URL and try again.
    throw new TransferError('Request has expired', 403);
  }
  if (request.status < 200 || request.status >= 300) throw refusal(request);
  const etag = request.getResponseHeader('ETag');
  if (!etag) throw new Error('The server did not say which bytes it received (no ETag).');
  await confirmPart(partId, etag);
  return done(etag);
}

type Body = Record<string, unknown>;
interface Meta extends Record<string, unknown> {
  key: string;
}

export class UploadEngine {
  private readonly transfers = new Map<string, Transfer>();
  private readonly chunkSizes = new WeakMap<object, number>();
  private readonly assets = new Map<string, Asset>();
  private readonly uppy: Uppy<Meta, Body>;

  constructor() {
    this.uppy = new Uppy<Meta, Body>({ autoProceed: false });
    this.uppy.use(AwsS3<Meta, Body>, {
      shouldUseMultipart: true,
      limit: parallelParts,
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
      signPart: async (file, { partNumber }) => {
        const transfer = this.transferOf(file.meta.key);
        const part = await transfer.book.part(partNumber);
        const request: PartRequest = { url: part.uploadUrl, partId: part.id, partNumber, transfer };
        return { method: 'PUT', ...request };
      },
      uploadPartBytes: sendPart,
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
    this.uppy.on('upload-progress', (file, progress) => {
      if (file) this.transfers.get(file.meta.key)?.onProgress(progress.bytesUploaded || 0);
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
