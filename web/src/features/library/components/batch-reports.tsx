import { Button, Group, Progress, Text } from '@mantine/core';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleAlert } from 'lucide-react';
import { useEffect } from 'react';
import type { BatchResult } from '@/shared/api/types';
import { fetchBatch, wordsOf } from '@/shared/assets/batch';
import { assetKeys } from '@/shared/assets/keys';
import { formatCount } from '@/shared/format/format';
import { useStore } from '@/shared/lib/store';
import { Dialog } from '@/shared/ui/dialog';
import { fetchAsset } from '../api/folders';
import {
  batches,
  describeOrder,
  settleBatch,
  useBatch,
  useOpenBatches,
  type BatchOrder,
  type RunningBatch,
} from '../hooks/use-batch';
import classes from './batch-reports.module.css';

const pollMs = 1500;
/** Failures that are told one by one. */
const toldMost = 200;

/** Batches that go on behind their answer, and what did not go well in those that ended. */
export function BatchReports({ userId }: { userId: string | null }) {
  const { running, failed } = useStore(batches);
  useOpenBatches(userId);
  return (
    <>
      {running.length > 0 && (
        <section className={classes.panel} aria-label="Work in the background">
          {running.map((entry) => (
            <Running key={entry.batch.batchId} entry={entry} />
          ))}
        </section>
      )}
      {failed && <Failures entry={failed} />}
    </>
  );
}

function Running({ entry }: { entry: RunningBatch }) {
  const client = useQueryClient();
  const { data: batch } = useQuery({
    queryKey: ['batch', entry.batch.batchId],
    queryFn: () => fetchBatch(entry.batch.batchId),
    initialData: entry.batch,
    initialDataUpdatedAt: 0,
    refetchInterval: pollMs,
  });
  useEffect(() => {
    const waited = batches.get().running.some((other) => other.batch.batchId === batch.batchId);
    if (batch.endedAt && waited) settleBatch(client, { order: entry.order, batch });
  }, [client, batch, entry.order]);
  const done = batch.succeededCount + batch.failedCount;
  const title = describeOrder(entry);
  // What was chosen is counted, not what lies below it: of one folder there is nothing to count until it is done.
  const counted = batch.totalCount > 1 && done > 0;
  return (
    <div>
      <div className={classes.line}>
        <span className={classes.title}>{title}</span>
        {batch.totalCount > 1 && (
          <span className={`${classes.count} rv-tabular`}>
            {done.toLocaleString('en-GB')} of {batch.totalCount.toLocaleString('en-GB')}
          </span>
        )}
      </div>
      <Progress size={4} mt={6} value={counted ? (100 * done) / batch.totalCount : 100} animated aria-label={title} />
    </div>
  );
}

/** Names of what failed. Of a batch that was found going on they are asked for; what is gone has none. */
function useNames(order: BatchOrder, failures: BatchResult[]): Map<string, string> {
  const names = new Map(order.assets.map((asset) => [asset.id, asset.displayName]));
  const unnamed = failures.slice(0, toldMost).filter(({ id }) => !names.has(id));
  const asked = useQueries({
    queries: unnamed.map(({ id }) => ({ queryKey: assetKeys.item(id), queryFn: () => fetchAsset(id), retry: false })),
  });
  unnamed.forEach(({ id }, index) => names.set(id, asked[index]?.data?.displayName ?? id));
  return names;
}

function Failures({ entry }: { entry: RunningBatch }) {
  const { order, batch } = entry;
  const run = useBatch();
  const close = () => batches.set((all) => ({ ...all, failed: null }));
  const failures = batch.results.filter((result) => result.status === 'Failed');
  const names = useNames(order, failures);
  // Without the order nothing can be ordered again.
  const taken = new Set(
    order.assets.length > 0 ? failures.filter(({ error }) => error?.code === 'name-taken').map(({ id }) => id) : [],
  );
  const keepBoth = () => {
    close();
    run.mutate({
      ...order,
      assets: order.assets.filter(({ id }) => taken.has(id)),
      arguments: { ...order.arguments, onConflict: 'rename' },
    });
  };
  const verb = wordsOf(order.action).participle;
  const title =
    failures.length === 1 && batch.results.length === 1 ? `It could not be ${verb}` : `Not all could be ${verb}`;
  return (
    <Dialog onClose={close} title={title} size="md">
      {batch.succeededCount > 0 && (
        <Text size="sm" c="dimmed" mb="sm">
          {formatCount(batch.succeededCount, 'item')} went well, {formatCount(failures.length, 'item')} did not:
        </Text>
      )}
      <ul className={classes.failures}>
        {failures.slice(0, toldMost).map((failure) => (
          <li key={failure.id} className={classes.failure}>
            <CircleAlert size={16} aria-hidden className={classes.alert} />
            <div>
              <div className={classes.name}>{names.get(failure.id) ?? failure.id}</div>
              <div className={classes.reason}>{failure.error?.message}</div>
            </div>
          </li>
        ))}
      </ul>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button
          variant={taken.size > 0 ? 'default' : 'filled'}
          onClick={close}
          data-autofocus={taken.size === 0 || undefined}
        >
          {taken.size > 0 ? 'Leave them' : 'Close'}
        </Button>
        {taken.size > 0 && (
          <Button onClick={keepBoth} data-autofocus>
            Keep both
          </Button>
        )}
      </Group>
    </Dialog>
  );
}
