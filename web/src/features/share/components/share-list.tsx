import { Badge, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { Share } from '@/shared/api/types';
import { formatDateTime } from '@/shared/format/format';
import { ErrorState } from '@/shared/ui/error-state';
import { useRevokeShare, useShares } from '../hooks/use-shares';
import classes from './share-list.module.css';

export function ShareList({ assetId }: { assetId: string }) {
  const shares = useShares(assetId);
  const revoke = useRevokeShare(assetId);
  if (shares.isPending) return <Skeleton height={60} />;
  if (shares.error) return <ErrorState error={shares.error} onRetry={() => void shares.refetch()} />;
  return (
    <section aria-label="Links">
      <Title order={2} fz="sm" mb="xs">
        Links
      </Title>
      {shares.data.length === 0 && (
        <Text size="sm" c="dimmed">
          There are none yet.
        </Text>
      )}
      <Stack component="ul" gap={0} className={classes.list}>
        {shares.data.map((share) => (
          <li key={share.id} className={classes.link}>
            <div className={classes.words}>
              <Group gap={6}>
                <Text size="sm" fw={600} className={classes.whom}>
                  {share.recipients.length > 0 ? share.recipients.join(', ') : 'Whoever has the link'}
                </Text>
                {share.state !== 'Active' && (
                  <Badge size="sm" variant="light" color="gray">
                    {share.state}
                  </Badge>
                )}
              </Group>
              <Text size="xs" c="dimmed">
                {factsOf(share).join(' · ')}
              </Text>
            </div>
            {share.state === 'Active' && (
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Revoke the link made on ${formatDateTime(share.createdAt)}`}
                loading={revoke.isPending && revoke.variables === share.id}
                onClick={() => revoke.mutate(share.id)}
              >
                Revoke
              </Button>
            )}
          </li>
        ))}
      </Stack>
    </section>
  );
}

function factsOf(share: Share): string[] {
  const facts = [`${share.createdByName ?? 'Somebody'}, ${formatDateTime(share.createdAt)}`];
  if (share.expirationDate) facts.push(`until ${formatDateTime(share.expirationDate)}`);
  if (share.hasPassword) facts.push('with a password');
  if (share.allowDownload) facts.push('download allowed');
  facts.push(share.opens === 0 ? 'not opened yet' : share.opens === 1 ? 'opened once' : `opened ${share.opens} times`);
  return facts;
}
