import { Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Access, AssetDetail } from '@/shared/api/types';
import { ErrorState } from '@/shared/ui/error-state';
import { fetchAccess } from '../api/changes';
import classes from './history-panel.module.css';

const may: Record<string, string> = { read: 'may see it', write: 'may change it', manage: 'may manage it' };

interface Props {
  detail: AssetDetail;
  /** Finds a person; of another feature, and only where people may be looked up. */
  finder?: (choose: (userId: string) => void) => ReactNode;
  children: ReactNode;
}

/** Who may do what with it, and why. */
export function AccessPanel({ detail, finder, children }: Props) {
  const [userId, setUserId] = useState<string>();
  const access = useQuery({
    queryKey: ['access', detail.id, userId],
    queryFn: () => fetchAccess(detail.id, userId),
    gcTime: 0,
  });
  return (
    <div className={classes.access}>
      {finder?.(setUserId)}
      {access.isPending && <Skeleton height={60} mt="md" />}
      {access.error && <ErrorState error={access.error} onRetry={() => void access.refetch()} />}
      {access.data && <Explained access={access.data} />}
      {children}
    </div>
  );
}

function Explained({ access }: { access: Access }) {
  return (
    <>
      <Text size="sm" fw={600} mt="md">
        {access.username} {access.disabled ? 'may not sign in' : (may[access.permission ?? ''] ?? 'may not see it')}
      </Text>
      {access.reasons.length === 0 && (
        <Text size="sm" c="dimmed">
          There is no grant on it, or on a folder above it, that would let them.
        </Text>
      )}
      <ul className={classes.list} style={{ padding: '8px 0 0' }}>
        {access.reasons.map((reason, index) => (
          <li key={index} className={classes.entry}>
            <div className={classes.what}>{may[reason.permission] ?? reason.permission}</div>
            <div className={classes.text}>{because(reason, access.role)}</div>
          </li>
        ))}
      </ul>
    </>
  );
}

function because(reason: Access['reasons'][number], role: string): string {
  if (reason.kind === 'role') return `as ${role === 'admin' ? 'an administrator' : `a ${role}`}`;
  const where = reason.assetPath ?? reason.assetName ?? 'a folder above';
  return reason.groupName ? `through the group “${reason.groupName}”, on ${where}` : `by a grant on ${where}`;
}
