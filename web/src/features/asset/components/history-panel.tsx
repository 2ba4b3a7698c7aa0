import { Skeleton, Text } from '@mantine/core';
import type { AssetDetail, HistoryEntry } from '@/shared/api/types';
import { operationName } from '@/shared/assets/operations';
import { formatDateTime } from '@/shared/format/format';
import { ErrorState } from '@/shared/ui/error-state';
import { useHistory } from '../hooks/use-changes';
import classes from './history-panel.module.css';

/** Who changed it, when and why, the newest first. */
export function HistoryPanel({ detail }: { detail: AssetDetail }) {
  const history = useHistory(detail.id);
  if (history.isPending) return <Skeleton height={80} m="md" />;
  if (history.error) return <ErrorState error={history.error} onRetry={() => void history.refetch()} />;
  if (history.data.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        Nothing has happened to it yet.
      </Text>
    );
  }
  return (
    <ol className={classes.list}>
      {[...history.data].reverse().map((entry, index) => (
        <li key={`${entry.at}:${index}`} className={classes.entry}>
          <div className={classes.what}>{operationName(entry.operation)}</div>
          {moved(entry) && <div className={classes.text}>{moved(entry)}</div>}
          {entry.reason && <div className={classes.text}>{entry.reason}</div>}
          <div className={classes.text}>
            {entry.username || 'The server'} · {formatDateTime(entry.at)}
          </div>
        </li>
      ))}
    </ol>
  );
}

function moved({ fromStatus, toStatus }: HistoryEntry): string | null {
  if (!toStatus || fromStatus === toStatus) return null;
  return fromStatus ? `${fromStatus} → ${toStatus}` : toStatus;
}
