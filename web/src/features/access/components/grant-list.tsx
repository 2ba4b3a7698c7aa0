import { ActionIcon, Select } from '@mantine/core';
import { Trash2, User as UserIcon, Users as UsersIcon } from 'lucide-react';
import { useState } from 'react';
import type { AssetGrant, User } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { showError } from '@/shared/ui/toast';
import { changeGrant, deleteGrant, type Permission } from '../api/grants';
import { useGrantChange } from '../hooks/use-grants';
import { permissions } from '../model/permissions';
import classes from './grant-list.module.css';

interface Props {
  grants: AssetGrant[];
  canChange: boolean;
  user: User;
}

/** Who may what, and where that was granted, if not on the asset itself. */
export function GrantList({ grants, canChange, user }: Props) {
  const [leaving, setLeaving] = useState<AssetGrant | null>(null);
  // Administrators lose nothing by it; whoever else takes back their own cannot give it back to themselves.
  const isOwn = (grant: AssetGrant) => user.role !== 'admin' && grant.userId === user.id;
  const change = useGrantChange(({ id, permission }: { id: string; permission: Permission }) =>
    changeGrant(id, permission),
  );
  const remove = useGrantChange(deleteGrant);
  const tell = { onError: (error: unknown) => showError(error) };
  return (
    <>
      <ul className={classes.grants}>
        {grants.map((grant) => {
          const name = grant.displayName;
          return (
            <li key={grant.id} className={classes.grant}>
              {grant.groupId ? <UsersIcon size={16} aria-label="Group" /> : <UserIcon size={16} aria-label="Person" />}
              <span className={classes.name}>
                {name}
                {grant.distance > 0 && (
                  <span className={classes.place}>{grant.assetPath ?? 'on a folder above that you may not see'}</span>
                )}
              </span>
              {canChange && grant.mayChange ? (
                <>
                  <Select
                    aria-label={`What ${name} may do`}
                    className={classes.what}
                    size="xs"
                    allowDeselect={false}
                    data={permissions}
                    value={grant.permission}
                    onChange={(value) => {
                      if (value) change.mutate({ id: grant.id, permission: value as Permission }, tell);
                    }}
                  />
                  <ActionIcon
                    aria-label={`Take back from ${name}`}
                    onClick={() => (isOwn(grant) ? setLeaving(grant) : remove.mutate(grant.id, tell))}
                  >
                    <Trash2 size={16} />
                  </ActionIcon>
                </>
              ) : (
                <span className={classes.permission}>
                  {permissions.find(({ value }) => value === grant.permission)?.label}
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {leaving && (
        <ConfirmDialog
          title="Take back your own access"
          confirm="Take back"
          onClose={() => setLeaving(null)}
          onConfirm={() => remove.mutate(leaving.id, tell)}
        >
          You may no longer manage it then, and only somebody else can let you in again.
        </ConfirmDialog>
      )}
    </>
  );
}
