import { ActionIcon, Alert, Loader, Modal, Select, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Trash2, User as UserIcon, Users as UsersIcon } from 'lucide-react';
import { useState } from 'react';
import { api, unwrap } from '@/shared/api/client';
import { describeError } from '@/shared/api/problem';
import type { Asset, Grant } from '@/shared/api/types';
import { showError } from '@/shared/ui/toast';
import { changeGrant, createGrant, deleteGrant, fetchGrants } from '../api/admin';
import { useChange, useRecords } from '../hooks/use-records';
import { usePrincipalNames } from '../hooks/use-names';
import { PrincipalSelect, type ChosenPrincipal } from './principal-select';
import classes from './share-dialog.module.css';

const permissions = [
  { value: 'read', label: 'may see' },
  { value: 'write', label: 'may change' },
  { value: 'manage', label: 'may manage' },
];
type Permission = 'read' | 'write' | 'manage';

interface Props {
  folder: Asset;
  /** Folders above, from the root: what is granted there holds here too. */
  parents: Asset[];
  onClose: () => void;
}

/** Who may do what with a folder and all below it. */
export function ShareDialog({ folder, parents, onClose }: Props) {
  const grants = useRecords('grants', { assetId: folder.id }, (token) => fetchGrants({ assetId: folder.id }, token));
  const [permission, setPermission] = useState<Permission>('read');
  const add = useChange(['grants'], ({ kind, id }: ChosenPrincipal) =>
    createGrant({ assetId: folder.id, permission, ...(kind === 'user' ? { userId: id } : { groupId: id }) }),
  );
  const said = add.error ? describeError(add.error) : null;
  return (
    <Modal opened onClose={onClose} title={`Share “${folder.displayName}”`} size="lg">
      <div className={classes.add}>
        <div className={classes.who}>
          <PrincipalSelect
            label="Who"
            kinds={['group', 'user']}
            without={grants.items.flatMap(({ userId, groupId }) => [userId ?? groupId ?? ''])}
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
      {grants.isPending ? (
        <Loader size="sm" />
      ) : grants.items.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody yet. Administrators see everything.
        </Text>
      ) : (
        <GrantList grants={grants.items} editable />
      )}
      <Inherited parents={parents} />
    </Modal>
  );
}

function Inherited({ parents }: { parents: Asset[] }) {
  const above = useQueries({
    queries: parents.map((parent) => ({
      queryKey: ['admin', 'grants', 'above', parent.id],
      queryFn: () => fetchGrants({ assetId: parent.id }),
    })),
  });
  const shown = parents
    .map((parent, index) => ({ parent, grants: above[index]?.data?.items ?? [] }))
    .filter(({ grants }) => grants.length > 0);
  return shown.map(({ parent, grants }) => (
    <div key={parent.id}>
      <h3 className={classes.title}>From “{parent.displayName}”</h3>
      <GrantList grants={grants} />
    </div>
  ));
}

function GrantList({ grants, editable = false }: { grants: Grant[]; editable?: boolean }) {
  const nameOf = usePrincipalNames(grants);
  const change = useChange(['grants'], ({ id, permission }: { id: string; permission: Permission }) =>
    changeGrant(id, permission),
  );
  const remove = useChange(['grants'], deleteGrant);
  const tell = { onError: (error: unknown) => showError(error) };
  return (
    <ul className={classes.grants}>
      {grants.map((grant) => {
        const name = nameOf(grant);
        return (
          <li key={grant.id} className={classes.grant}>
            {grant.groupId ? <UsersIcon size={16} aria-label="Group" /> : <UserIcon size={16} aria-label="Person" />}
            <span className={classes.name}>{name}</span>
            {editable ? (
              <>
                <Select
                  aria-label={`What ${name} may do`}
                  size="xs"
                  w={130}
                  allowDeselect={false}
                  data={permissions}
                  value={grant.permission}
                  onChange={(value) => {
                    if (value) change.mutate({ id: grant.id, permission: value as Permission }, tell);
                  }}
                />
                <ActionIcon aria-label={`Take back from ${name}`} onClick={() => remove.mutate(grant.id, tell)}>
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
  );
}

/** For the page's cache of folders: what a grant in a list of all grants is on. */
export function fetchGrantedAsset(id: string): Promise<Asset> {
  return unwrap(api.GET('/asset/{id}', { params: { path: { id } } }));
}
