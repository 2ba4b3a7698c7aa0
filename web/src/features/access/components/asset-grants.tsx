import { Button, Skeleton, Text } from '@mantine/core';
import { UserRoundPlus } from 'lucide-react';
import { useState } from 'react';
import type { AssetDetail, User } from '@/shared/api/types';
import { ErrorState } from '@/shared/ui/error-state';
import { useAssetGrants, useShareable } from '../hooks/use-grants';
import { GrantList } from './grant-list';
import classes from './grant-list.module.css';
import { ShareDialog } from './share-dialog';

interface Props {
  asset: Pick<AssetDetail, 'id' | 'parentId'>;
  user: User;
}

/** Everybody who was given access to a file, through what it lies in. */
export function AssetGrants({ asset, user }: Props) {
  const canChange = user.role !== 'viewer';
  const grants = useAssetGrants(asset.id);
  const folder = useShareable(canChange ? asset.parentId : null);
  const [sharing, setSharing] = useState(false);
  return (
    <section className={classes.everybody}>
      <h2 className={classes.title}>Who has access</h2>
      <Text size="sm" c="dimmed" mb="xs">
        A file is shared with the folder that it is in. Administrators see everything.
      </Text>
      {grants.isPending && <Skeleton height={44} />}
      {grants.error && <ErrorState error={grants.error} onRetry={() => void grants.refetch()} />}
      {grants.data?.length === 0 && <Text size="sm">Nobody else was given access.</Text>}
      <GrantList grants={grants.data ?? []} canChange={canChange} user={user} />
      {folder && (
        <Button
          variant="default"
          size="xs"
          mt="sm"
          leftSection={<UserRoundPlus size={15} />}
          onClick={() => setSharing(true)}
        >
          Share “{folder.displayName}”
        </Button>
      )}
      {sharing && folder && <ShareDialog folder={folder} user={user} onClose={() => setSharing(false)} />}
    </section>
  );
}
