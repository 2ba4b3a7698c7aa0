/**
 * Turns live events into changes of the query cache. What an event brings along is shown at once; what it only hints at
 * is asked for, many hints within a moment as one request. Nothing is fetched that nobody looks at.
 */
import type { QueryClient } from '@tanstack/react-query';
import type { AssetDetail, Job, JobHistory, ProcessingStep } from '../api/types';
import { isListedIn, leaveFolder, leaveFolders, patchAsset, removeAssets, removeFromBin } from '../assets/cache';
import { assetKeys } from '../assets/keys';
import { refreshAsset } from '../assets/refresh';
import type { LiveEvent } from './live-event';
import { applyJobEvent, progressStore } from './progress-store';

export function patchProcessing(steps: ProcessingStep[], event: LiveEvent): ProcessingStep[] {
  if (!event.step) return steps;
  const index = steps.findIndex((step) => step.step === event.step);
  const known = steps[index];
  if (!known) return steps;
  const status = event.status ?? known.status;
  const progress = event.progress ?? (status === 'Succeeded' ? 100 : known.progress);
  const error = event.fault ?? (event.status ? null : known.error);
  if (status === known.status && progress === known.progress && error === known.error) return steps;
  return replaced(steps, index, { ...known, status, progress, error });
}

function replaced<T>(items: T[], index: number, item: T): T[] {
  return items.map((old, at) => (at === index ? item : old));
}

export function patchJobs(jobs: Job[], event: LiveEvent): Job[] {
  const index = jobs.findIndex((job) => job.id === event.id);
  const known = jobs[index];
  if (!known) return jobs;
  return replaced(jobs, index, {
    ...known,
    status: event.status ?? known.status,
    progress: event.progress ?? known.progress,
  });
}

const settleMs = 250;
const manyChanges = 50;

export class CacheUpdater {
  private readonly refresh = new Set<string>();
  private readonly parents = new Set<string>();
  private bin = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: QueryClient) {}

  apply(event: LiveEvent): void {
    if (event.kind === 'batch') void this.client.invalidateQueries({ queryKey: ['batch', event.id] });
    else if (event.kind === 'job') this.applyJob(event);
    else if (event.kind === 'asset') this.applyAsset(event);
    else if (event.assetId) this.later(event.assetId);
  }

  /** After a gap in the stream anything may have changed. */
  resynchronise(): void {
    progressStore.set({});
    void this.client.invalidateQueries({ queryKey: assetKeys.all });
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private applyAsset(event: LiveEvent): void {
    const id = event.assetId;
    if (!id) return;
    if (event.removed) {
      removeAssets(this.client, [id]);
      if (event.change === 'delete') removeFromBin(this.client, [id]);
      else this.binChanged();
      void this.client.invalidateQueries({ queryKey: assetKeys.item(id) });
      void this.client.invalidateQueries({ queryKey: assetKeys.detail(id) });
      return;
    }
    if (event.change === 'left') {
      // The parent is the folder that it was in; where it is now is told by another event, if one may know.
      if (event.parentId) leaveFolder(this.client, id, event.parentId);
      return;
    }
    if (event.change === 'undelete') removeFromBin(this.client, [id]);
    if (event.parentId) {
      leaveFolders(this.client, [id], event.parentId);
      if (!isListedIn(this.client, id, event.parentId)) this.parents.add(event.parentId);
    }
    if (Object.keys(event.patch).length > 0) patchAsset(this.client, id, event.patch);
    this.later(id);
  }

  private applyJob(event: LiveEvent): void {
    progressStore.set((state) => applyJobEvent(state, event));
    if (!event.assetId) return;
    const id = event.assetId;
    this.client.setQueryData<AssetDetail>(assetKeys.detail(id), (detail) => {
      if (!detail) return detail;
      const processing = patchProcessing(detail.processing ?? [], event);
      return processing === detail.processing ? detail : { ...detail, processing };
    });
    let unknownJob = false;
    this.client.setQueryData<JobHistory>(assetKeys.jobs(id), (history) => {
      if (!history) return history;
      unknownJob = !history.items.some((job) => job.id === event.id);
      return unknownJob ? history : { ...history, items: patchJobs(history.items, event) };
    });
    const ended = event.status !== null && event.status !== 'Running' && event.status !== 'Queued';
    if (ended || unknownJob) this.later(id);
  }

  private binChanged(): void {
    this.bin = true;
    this.soon();
  }

  private later(id: string): void {
    this.refresh.add(id);
    this.soon();
  }

  private soon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, settleMs);
  }

  private async flush(): Promise<void> {
    const ids = [...this.refresh];
    this.refresh.clear();
    if (this.bin) void this.client.invalidateQueries({ queryKey: assetKeys.bin(), refetchType: 'active' });
    this.bin = false;
    if (ids.length > manyChanges) {
      // As during a batch: the lists in view once more, and not each asset by itself.
      this.parents.clear();
      void this.client.invalidateQueries({ queryKey: assetKeys.all, refetchType: 'active' });
      return;
    }
    await Promise.all(ids.map((id) => this.refreshOne(id)));
    const parents = [...this.parents];
    this.parents.clear();
    for (const parent of parents) {
      void this.client.invalidateQueries({ queryKey: assetKeys.children(parent), refetchType: 'active' });
      void this.client.invalidateQueries({ queryKey: assetKeys.item(parent), refetchType: 'active' });
    }
  }

  private async refreshOne(id: string): Promise<void> {
    void this.client.invalidateQueries({ queryKey: assetKeys.jobs(id), refetchType: 'active' });
    void this.client.invalidateQueries({ queryKey: assetKeys.history(id), refetchType: 'active' });
    void this.client.invalidateQueries({ queryKey: assetKeys.parents(id), refetchType: 'active' });
    await refreshAsset(this.client, id);
  }
}
