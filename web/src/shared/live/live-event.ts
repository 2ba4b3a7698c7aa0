/** One message of `GET /events`, read leniently: what is missing is left out, what is unknown is ignored. */
import type { Asset, JobStatus } from '../api/types';

export interface LiveEvent {
  kind: 'asset' | 'job' | 'upload' | 'batch';
  assetId: string | null;
  /** The job's or the upload's own id. */
  id: string | null;
  parentId: string | null;
  /** What was done to the asset, in a word; empty where that was not said. */
  change: string;
  removed: boolean;
  /** The job's type, or the step that it does. */
  step: string | null;
  status: JobStatus | null;
  progress: number | null;
  /** Why the job failed, in words for people. */
  fault: string | null;
  /** Fields of the asset that came along. */
  patch: Partial<Asset>;
}

const patchable = [
  'assetStatus',
  'assetStatusName',
  'displayName',
  'description',
  'parentId',
  'size',
  'contentType',
  'mediaType',
  'durationMs',
  'width',
  'height',
  'frameRate',
  'hasAudio',
  'thumbnailUrl',
  'previewUrl',
  'streamUrl',
  'downloadUrl',
  'version',
  'error',
  'modifiedAt',
] as const satisfies readonly (keyof Asset)[];

const jobStatuses: JobStatus[] = ['Queued', 'Running', 'Succeeded', 'Failed', 'Cancelled'];

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function parseJobStatus(value: unknown): JobStatus | null {
  const word = text(value)?.toLowerCase();
  return jobStatuses.find((status) => status.toLowerCase() === word) ?? null;
}

export function parseLiveEvent(kind: LiveEvent['kind'], data: string): LiveEvent | null {
  let body: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(data);
    if (typeof parsed !== 'object' || parsed === null) return null;
    body = parsed as Record<string, unknown>;
  } catch {
    return null;
  }
  const nested = typeof body.asset === 'object' && body.asset !== null ? (body.asset as Record<string, unknown>) : null;
  const fields = nested ?? body;
  const id = text(body.id) ?? text(body.batchId);
  const assetId = text(body.assetId) ?? text(nested?.id) ?? (kind === 'asset' ? id : null);
  if (!assetId && !id) return null;

  const patch: Record<string, unknown> = {};
  if (kind === 'asset') {
    for (const field of patchable) if (fields[field] !== undefined) patch[field] = fields[field];
  }
  const action = (text(body.action) ?? text(body.change) ?? text(body.event) ?? text(body.type) ?? '').toLowerCase();
  const progress = typeof body.progress === 'number' ? Math.min(100, Math.max(0, body.progress)) : null;
  return {
    kind,
    assetId,
    id,
    parentId: text(fields.parentId),
    change: action,
    removed:
      kind === 'asset' && (/\b(trash|remove|delete|purge)(?!-failed)/.test(action) || text(fields.deletedAt) !== null),
    step: text(body.jobType) ?? text(body.step),
    status: parseJobStatus(body.status),
    progress,
    fault: kind === 'job' ? text(body.error) : null,
    patch: patch as Partial<Asset>,
  };
}
