import { Alert, Loader, Select, Text } from '@mantine/core';
import { useState } from 'react';
import { anybody, granteesOf, type Principal } from '@/shared/accounts/principals';
import { describeError } from '@/shared/api/problem';
import type { Asset, User } from '@/shared/api/types';
import { ErrorState } from '@/shared/ui/error-state';
import { PrincipalSelect } from '@/shared/ui/principal-select';
import { Dialog } from '@/shared/ui/dialog';
import { createGrant, type Permission } from '../api/grants';
import { useAssetGrants, useGrantChange } from '../hooks/use-grants';
import { permissions } from '../model/permissions';
import { GrantList } from './grant-list';
import classes from './grant-list.module.css';

interface Props {
  folder: Pick<Asset, 'id' | 'displayName'>;
  user: User;
  onClose: () => void;
}

/** Who may do what with a folder and all below it. */
export function ShareDialog({ folder, user, onClose }: Props) {
  const grants = useAssetGrants(folder.id);
  const here = grants.data?.filter(({ distance }) => distance === 0) ?? [];
  const above = grants.data?.filter(({ distance }) => distance > 0) ?? [];
  const [permission, setPermission] = useState<Permission>('read');
  const add = useGrantChange(({ kind, id }: Principal) =>
    createGrant({ assetId: folder.id, permission, ...(kind === 'user' ? { userId: id } : { groupId: id }) }),
  );
  const said = add.error ? describeError(add.error) : null;
  return (
    <Dialog onClose={onClose} title={`Share “${folder.displayName}”`} size="lg">
      <div className={classes.add}>
        <div className={classes.who}>
          <PrincipalSelect
            label="Who"
            placeholder="A person or a group"
            // Administrators choose from everybody; others must know whom they look for.
            finder={user.role === 'admin' ? anybody(['group', 'user']) : granteesOf(folder.id, ['group', 'user'])}
            without={here.map(({ userId, groupId }) => userId ?? groupId ?? '')}
            onChoose={(principal) => add.mutate(principal)}
          />
        </div>
        <Select
          label="What"
          w={150}
          allowDeselect={false}
          data={permissions}
          value={permission}
          onChange={(value) => setPermission((value ?? 'read') as Permission)}
        />
      </div>
      {said && (
        <Alert color="red" variant="light" py="xs" mt="sm" role="alert">
          {said.detail ?? said.title}
        </Alert>
      )}
      <h3 className={classes.title}>Granted here</h3>
      {grants.isPending && <Loader size="sm" />}
      {grants.error && <ErrorState error={grants.error} onRetry={() => void grants.refetch()} />}
      {grants.data && here.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody yet. Administrators see everything.
        </Text>
      )}
      <GrantList grants={here} canChange user={user} />
      {above.length > 0 && (
        <>
          <h3 className={classes.title}>Granted on a folder above, and so here too</h3>
          <GrantList grants={above} canChange={false} user={user} />
        </>
      )}
    </Dialog>
  );
}
