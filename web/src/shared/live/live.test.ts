// @vitest-environment jsdom
import { QueryClient, type InfiniteData } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Asset, AssetDetail, AssetPage, JobHistory } from '../api/types';
import { assetKeys } from '../assets/keys';
import { CacheUpdater } from './cache-updates';
import { parseLiveEvent, type LiveEvent } from './live-event';
import { applyJobEvent, progressStore, summarise } from './progress-store';

function event(kind: LiveEvent['kind'], body: object): LiveEvent {
  const parsed = parseLiveEvent(kind, JSON.stringify(body));
  if (!parsed) throw new Error('not an event');
  return parsed;
}

describe('parseLiveEvent', () => {
  it('reads the id from either name', () => {
    expect(event('asset', { id: 'a' }).assetId).toBe('a');
    expect(event('asset', { assetId: 'a' }).assetId).toBe('a');
    expect(event('asset', { asset: { id: 'a', displayName: 'x' } })).toMatchObject({
      assetId: 'a',
      patch: { displayName: 'x' },
    });
    expect(event('job', { id: 'j', assetId: 'a' })).toMatchObject({ id: 'j', assetId: 'a' });
  });

  it('knows a removal by its action or by deletedAt', () => {
    expect(event('asset', { id: 'a', action: 'trashed' }).removed).toBe(true);
    expect(event('asset', { id: 'a', type: 'asset.deleted' }).removed).toBe(true);
    expect(event('asset', { id: 'a', change: 'remove' }).removed).toBe(true);
    expect(event('asset', { id: 'a', change: 'undelete' }).removed).toBe(false);
    expect(event('asset', { id: 'a', change: 'cancel-upload' }).removed).toBe(false);
    expect(event('asset', { id: 'a', deletedAt: '2026-01-01T00:00:00.000Z' }).removed).toBe(true);
    expect(event('asset', { id: 'a', action: 'updated', deletedAt: null }).removed).toBe(false);
  });

  it('takes job statuses in any case, and progress within its limits', () => {
    expect(
      event('job', { id: 'j', assetId: 'a', jobType: 'renditions', status: 'running', progress: 140 }),
    ).toMatchObject({
      status: 'Running',
      progress: 100,
      step: 'renditions',
    });
    expect(event('job', { id: 'j', status: 'Exploded' }).status).toBeNull();
  });

  it.each(['', 'null', '[]', '{}', '7', '{"x":1}'])('ignores %s', (data) => {
    expect(parseLiveEvent('asset', data)).toBeNull();
  });
});

describe('progress of processing', () => {
  const job = (id: string, step: string, status: string, progress: number) =>
    event('job', { id, assetId: 'a', jobType: step, status, progress });

  it('shows the step furthest behind, and forgets what has ended', () => {
    let state = applyJobEvent({}, job('1', 'renditions', 'Running', 40));
    state = applyJobEvent(state, job('2', 'thumbnail', 'Running', 80));
    expect(summarise(state.a)).toEqual({ label: 'Streaming renditions', percent: 40 });
    state = applyJobEvent(state, job('1', 'renditions', 'Succeeded', 100));
    expect(summarise(state.a)).toEqual({ label: 'Thumbnail', percent: 80 });
    state = applyJobEvent(state, job('2', 'thumbnail', 'Failed', 80));
    expect(state).toEqual({});
    expect(summarise(state.a)).toBeNull();
  });

  it('waits while jobs are only queued', () => {
    expect(summarise(applyJobEvent({}, job('1', 'probe', 'Queued', 0)).a)).toEqual({ label: 'Waiting', percent: null });
  });

  it('keeps the step and progress that a later event leaves out', () => {
    const state = applyJobEvent({}, job('1', 'renditions', 'Running', 40));
    const next = applyJobEvent(state, event('job', { id: '1', assetId: 'a', progress: 55 }));
    expect(summarise(next.a)).toEqual({ label: 'Streaming renditions', percent: 55 });
  });
});

describe('CacheUpdater', () => {
  let client: QueryClient;
  let updater: CacheUpdater;
  const asset = (id: string, more: Partial<Asset> = {}) =>
    ({
      id,
      parentId: 'f',
      displayName: id,
      assetType: 2,
      assetStatus: 21,
      assetStatusName: 'Creating',
      ...more,
    }) as Asset;
  const listKey = assetKeys.childrenQuery('f', { kind: 'files', sort: 'name' });
  const list = () => client.getQueryData<InfiniteData<AssetPage>>(listKey)?.pages.flatMap((page) => page.items) ?? [];

  beforeEach(() => {
    progressStore.set({});
    vi.useFakeTimers();
    client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    updater = new CacheUpdater(client);
    client.setQueryData(listKey, {
      pageParams: [null, 't'],
      pages: [
        { items: [asset('a'), asset('b')], nextPageToken: 't', totalItemCount: 3 },
        { items: [asset('c')], nextPageToken: null, totalItemCount: 3 },
      ],
    });
  });

  afterEach(() => {
    updater.stop();
    vi.useRealTimers();
  });

  const answer = (status: number, body: object) =>
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(JSON.stringify(body), { status }));

  it('shows at once what an event brings along', () => {
    updater.apply(event('asset', { id: 'c', assetStatus: 1, assetStatusName: 'Available' }));
    expect(list().map((item) => item.assetStatus)).toEqual([21, 21, 1]);
  });

  it('takes a removed asset out of its list and corrects the count', () => {
    updater.apply(event('asset', { id: 'b', action: 'deleted' }));
    expect(list().map((item) => item.id)).toEqual(['a', 'c']);
    expect(client.getQueryData<InfiniteData<AssetPage>>(listKey)?.pages[0]?.totalItemCount).toBe(2);
  });

  it('asks once for an asset, however many hints come', async () => {
    const fetched = answer(200, asset('a', { assetStatus: 1, thumbnailUrl: '/media/a.jpg' }));
    for (let i = 0; i < 20; i += 1) updater.apply(event('asset', { id: 'a' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(fetched).toHaveBeenCalledTimes(1);
    expect(list()[0]).toMatchObject({ assetStatus: 1, thumbnailUrl: '/media/a.jpg' });
  });

  it('asks for nothing that is not shown', async () => {
    const fetched = answer(200, {});
    updater.apply(event('asset', { id: 'elsewhere', parentId: 'other' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(fetched).not.toHaveBeenCalled();
  });

  it('drops what the server no longer has', async () => {
    answer(404, { title: 'Not found' });
    updater.apply(event('asset', { id: 'a' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(list().map((item) => item.id)).toEqual(['b', 'c']);
  });

  it('marks the list of a folder that got something new', async () => {
    answer(200, {});
    updater.apply(event('asset', { id: 'new', parentId: 'f' }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(client.getQueryState(listKey)?.isInvalidated).toBe(true);
  });

  it('moves an asset from one folder to the other', () => {
    updater.apply(event('asset', { id: 'a', parentId: 'g' }));
    expect(list().map((item) => item.id)).toEqual(['b', 'c']);
  });

  it('moves the steps of the open asset and its jobs along', () => {
    client.setQueryData(assetKeys.detail('a'), {
      id: 'a',
      processing: [{ step: 'renditions', status: 'Queued', progress: 0 }],
    } as unknown as AssetDetail);
    client.setQueryData(assetKeys.jobs('a'), {
      items: [{ id: 'j', jobType: 'renditions', status: 'Queued', progress: 0 }],
    } as unknown as JobHistory);
    updater.apply(event('job', { id: 'j', assetId: 'a', jobType: 'renditions', status: 'Running', progress: 30 }));
    expect(client.getQueryData<AssetDetail>(assetKeys.detail('a'))?.processing[0]).toEqual({
      step: 'renditions',
      status: 'Running',
      progress: 30,
      error: null,
    });
    expect(client.getQueryData<JobHistory>(assetKeys.jobs('a'))?.items[0]).toMatchObject({ progress: 30 });
    expect(summarise(progressStore.get().a)?.percent).toBe(30);
  });
});
