import { ActionIcon, Button, Group as Line, TextInput } from '@mantine/core';
import { UserMinus, Users as UsersIcon } from 'lucide-react';
import { useState } from 'react';
import { anybody } from '@/shared/accounts/principals';
import type { Group } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { EmptyState } from '@/shared/ui/empty-state';
import { FormDialog } from '@/shared/ui/form-dialog';
import { PrincipalSelect } from '@/shared/ui/principal-select';
import { showError } from '@/shared/ui/toast';
import {
  addMember,
  changeGroup,
  createGroup,
  deleteGroup,
  fetchGroups,
  fetchMembers,
  removeMember,
} from '../api/admin';
import { Dialog } from '@/shared/ui/dialog';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';
import classes from './groups.module.css';

export function Groups() {
  const [editing, setEditing] = useState<Group | 'new' | null>(null);
  const [members, setMembers] = useState<Group | null>(null);
  const [deleting, setDeleting] = useState<Group | null>(null);
  const groups = useRecords('groups', {}, (token) => fetchGroups(token));
  const remove = useChange(['groups', 'users', 'grants'], (group: Group) => deleteGroup(group.id));
  const create = (
    <Button leftSection={<UsersIcon size={16} />} onClick={() => setEditing('new')}>
      New group
    </Button>
  );
  return (
    <Section text="Groups get grants as people do: whoever is in one has what it was granted." actions={create}>
      <RecordTable
        label="Groups"
        records={groups}
        keyOf={(group) => group.id}
        nameOf={(group) => group.name}
        empty={
          <EmptyState icon={<UsersIcon size={28} strokeWidth={1.6} />} title="There are no groups yet">
            With groups, access follows from what people do and not from who they are.
          </EmptyState>
        }
        columns={[
          { title: 'Name', cell: (group) => group.name },
          { title: 'Description', cell: (group) => group.description, minor: true },
          { title: 'Members', cell: (group) => group.memberCount },
        ]}
        actions={[
          { label: 'Members', run: setMembers },
          { label: 'Edit', run: setEditing },
          { label: 'Delete', danger: true, run: setDeleting },
        ]}
      />
      {editing && <GroupForm group={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {members && <Members group={members} onClose={() => setMembers(null)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete the group"
          confirm="Delete"
          onClose={() => setDeleting(null)}
          onConfirm={() => remove.mutate(deleting, { onError: (error) => showError(error) })}
        >
          Members of “{deleting.name}” lose what they could see and do through it.
        </ConfirmDialog>
      )}
    </Section>
  );
}

function GroupForm({ group, onClose }: { group: Group | null; onClose: () => void }) {
  const [name, setName] = useState(group?.name ?? '');
  const [description, setDescription] = useState(group?.description ?? '');
  const save = useChange(['groups', 'users'], () => {
    const given = { name: name.trim(), description: description.trim() || null };
    return group ? changeGroup(group.id, given) : createGroup(given);
  });
  return (
    <FormDialog
      title={group ? 'Edit the group' : 'New group'}
      confirm={group ? 'Save' : 'Create'}
      incomplete={!name.trim()}
      submit={() => save.mutateAsync(undefined)}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <TextInput
            label="Name"
            data-autofocus
            value={name}
            error={faultOf('name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Description"
            value={description}
            error={faultOf('description')}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
        </>
      )}
    </FormDialog>
  );
}

function Members({ group, onClose }: { group: Group; onClose: () => void }) {
  const members = useRecords('members', { group: group.id }, (token) => fetchMembers(group.id, token));
  const add = useChange(['members', 'groups', 'users'], (userId: string) => addMember(group.id, userId));
  const remove = useChange(['members', 'groups', 'users'], (userId: string) => removeMember(group.id, userId));
  return (
    <Dialog onClose={onClose} title={`Members of “${group.name}”`} size="md">
      <PrincipalSelect
        label="Add a member"
        finder={anybody(['user'])}
        without={members.items.map((user) => user.id)}
        onChoose={({ id }) => add.mutate(id, { onError: (error) => showError(error) })}
      />
      <ul className={classes.members}>
        {members.items.map((user) => (
          <li key={user.id}>
            <Line justify="space-between" wrap="nowrap">
              <span className={classes.name}>{user.displayName || user.username}</span>
              <ActionIcon
                aria-label={`Take ${user.username} out of the group`}
                onClick={() => remove.mutate(user.id, { onError: (error) => showError(error) })}
              >
                <UserMinus size={16} />
              </ActionIcon>
            </Line>
          </li>
        ))}
      </ul>
      {members.hasNextPage && (
        <Button variant="subtle" onClick={() => void members.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Dialog>
  );
}
