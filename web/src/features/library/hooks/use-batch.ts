import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Asset, Batch, BatchSummary } from '@/shared/api/types';
import { fetchOpenBatches, startBatch, wordsOf, type BatchAction, type BatchArguments } from '@/shared/assets/batch';
import { leaveFolders, removeAssets, removeFromBin, restoreLists, snapshotLists } from '@/shared/assets/cache';
import { assetKeys } from '@/shared/assets/keys';
import { formatCount } from '@/shared/format/format';
import { createStore, type Store } from '@/shared/lib/store';
import { showDone, showError } from '@/shared/ui/toast';

export interface BatchOrder {
  action: BatchAction;
  /** None of a batch that was found going on: what it is about is not known then. */
  assets: Asset[];
  arguments?: BatchArguments;
}

export interface RunningBatch {
  order: BatchOrder;
  batch: Batch;
}

interface Batches {
  running: RunningBatch[];
  /** Ended, and not all went well: to be read. */
  failed: RunningBatch | null;
}

/** Batches outlive the page on which they were started. */
export const batches: Store<Batches> = createStore<Batches>({ running: [], failed: null });

/** The batch goes on behind its answer, whatever page shows it; its results come with `fetchBatch`. */
function follow(entries: RunningBatch[]): void {
  batches.set((all) => {
    const known = new Set(all.running.map(({ batch }) => batch.batchId));
    const fresh = entries.filter(({ batch }) => !known.has(batch.batchId));
    return fresh.length > 0 ? { ...all, running: [...all.running, ...fresh] } : all;
  });
}

function found(summary: BatchSummary): RunningBatch {
  return { order: { action: summary.action as BatchAction, assets: [] }, batch: { ...summary, results: [] } };
}

/** Takes up what one started before the page was loaded anew, or elsewhere. */
export function useOpenBatches(userId: string | null): void {
  const { data } = useQuery({
    queryKey: ['batches', 'open', userId],
    queryFn: () => fetchOpenBatches(userId ?? ''),
    enabled: userId !== null,
    staleTime: Infinity,
    gcTime: 0,
  });
  // Whoever signs in next in this tab has batches of their own.
  useEffect(() => () => batches.set(() => ({ running: [], failed: null })), [userId]);
  useEffect(() => {
    if (data) follow(data.map(found).reverse());
  }, [data]);
}

function named(order: BatchOrder, count: number): string {
  const only = order.assets[0];
  return order.assets.length === 1 && count === 1 && only ? `“${only.displayName}”` : formatCount(count, 'item');
}

export function describeOrder({ order, batch }: RunningBatch): string {
  return `${wordsOf(order.action).doing} ${named(order, order.assets.length || batch.totalCount)}`;
}

function showAtOnce(client: QueryClient, { action, assets, arguments: given }: BatchOrder): void {
  const ids = assets.map((asset) => asset.id);
  if (action === 'Trash') removeAssets(client, ids);
  if (action === 'Move') leaveFolders(client, ids, typeof given?.parentId === 'string' ? given.parentId : null);
  if (action === 'Undelete' || action === 'Delete') removeFromBin(client, ids);
  if (action === 'Delete') removeAssets(client, ids);
}

/** Tells how a batch ended; what it changed is asked for again. */
export function settleBatch(client: QueryClient, { order, batch }: RunningBatch): void {
  batches.set((all) => ({
    running: all.running.filter((other) => other.batch.batchId !== batch.batchId),
    failed: batch.failedCount > 0 ? { order, batch } : all.failed,
  }));
  void client.invalidateQueries({ queryKey: assetKeys.all });
  void client.invalidateQueries({ queryKey: ['vocabulary'] });
  const done = batch.results.filter((result) => result.status !== 'Failed').map((result) => result.id);
  if (done.length === 0) return;
  const undo = () =>
    void runBatch(client, { action: 'Undelete', assets: order.assets.filter(({ id }) => done.includes(id)) });
  showDone(
    `${wordsOf(order.action).done} ${named(order, done.length)}`,
    order.action === 'Trash' && order.assets.length > 0 ? { label: 'Undo', run: undo } : undefined,
  );
}

/** The list changes at once and comes back should the server refuse; each asset's own failure is told when it ended. */
export async function runBatch(client: QueryClient, order: BatchOrder): Promise<void> {
  await client.cancelQueries({ queryKey: assetKeys.lists() });
  const before = snapshotLists(client);
  showAtOnce(client, order);
  try {
    const batch = await startBatch(
      order.action,
      order.assets.map((asset) => asset.id),
      order.arguments ?? {},
    );
    if (batch.endedAt) settleBatch(client, { order, batch });
    else follow([{ order, batch }]);
  } catch (error) {
    restoreLists(client, before);
    const said = `${named(order, order.assets.length)} could not be ${wordsOf(order.action).participle}`;
    showError(error, said.charAt(0).toUpperCase() + said.slice(1));
    throw error;
  }
}

export function useBatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: BatchOrder) => runBatch(client, order),
    meta: { handlesErrors: true },
  });
}
