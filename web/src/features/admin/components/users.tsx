import { Badge, Button, PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import type { User } from '@/shared/api/types';
import { formatDate } from '@/shared/format/format';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { FormDialog } from '@/shared/ui/form-dialog';
import { showDone, showError } from '@/shared/ui/toast';
import { changeUser, createUser, deleteUser, fetchUsers } from '../api/admin';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

const roles = [
  { value: 'viewer', label: 'Viewer: looks, where granted' },
  { value: 'editor', label: 'Editor: changes, where granted' },
  { value: 'admin', label: 'Administrator: everything' },
];
type Role = User['role'];

export function Users({ self }: { self: User }) {
  const [search, setSearch] = useState('');
  const [editing, setEditing] = useState<User | 'new' | null>(null);
  const [deleting, setDeleting] = useState<User | null>(null);
  const users = useRecords('users', { search }, (token) => fetchUsers(token, search));
  const remove = useChange(['users', 'groups', 'grants'], (user: User) => deleteUser(user.id));
  return (
    <Section
      text="People who sign in. Editors and viewers see what they, or a group of theirs, were granted."
      actions={
        <>
          <TextInput
            aria-label="Find a user"
            placeholder="Find a user"
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
          <Button leftSection={<UserPlus size={16} />} onClick={() => setEditing('new')}>
            New user
          </Button>
        </>
      }
    >
      <RecordTable
        label="Users"
        records={users}
        keyOf={(user) => user.id}
        nameOf={(user) => user.username}
        empty={null}
        columns={[
          { title: 'User name', cell: (user) => user.username },
          { title: 'Name', cell: (user) => user.displayName, minor: true },
          {
            title: 'Role',
            cell: (user) => (
              <>
                {user.role}
                {user.disabled && (
                  <Badge ml={8} size="sm" color="gray" variant="light">
                    Disabled
                  </Badge>
                )}
              </>
            ),
          },
          { title: 'Groups', cell: (user) => user.groups.map((group) => group.name).join(', '), minor: true },
          {
            title: 'Last sign-in',
            cell: (user) => (user.lastLoginAt ? formatDate(user.lastLoginAt) : 'never'),
            minor: true,
          },
        ]}
        actions={[
          { label: 'Edit', run: setEditing },
          { label: 'Delete', danger: true, run: setDeleting, unless: (user) => user.id === self.id },
        ]}
      />
      {editing && <UserForm user={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete the user"
          confirm="Delete"
          onClose={() => setDeleting(null)}
          onConfirm={() =>
            remove.mutate(deleting, {
              onSuccess: () => showDone(`“${deleting.username}” was deleted`),
              onError: (error) => showError(error),
            })
          }
        >
          “{deleting.username}” can no longer sign in; keys and grants go too. What was uploaded stays.
        </ConfirmDialog>
      )}
    </Section>
  );
}

function UserForm({ user, onClose }: { user: User | null; onClose: () => void }) {
  const [username, setUsername] = useState(user?.username ?? '');
  const [displayName, setDisplayName] = useState(user?.displayName ?? '');
  const [email, setEmail] = useState(user?.email ?? '');
  const [role, setRole] = useState<Role>(user?.role ?? 'viewer');
  const [password, setPassword] = useState('');
  const [disabled, setDisabled] = useState(user?.disabled ?? false);
  const save = useChange(['users'], () => {
    const given = {
      username: username.trim(),
      displayName: displayName.trim() || null,
      email: email.trim() || null,
      role,
      ...(password ? { password } : {}),
    };
    return user ? changeUser(user.id, { ...given, disabled }) : createUser(given);
  });
  return (
    <FormDialog
      title={user ? 'Edit the user' : 'New user'}
      confirm={user ? 'Save' : 'Create'}
      incomplete={!username.trim() || (!user && !password)}
      submit={() => save.mutateAsync(undefined)}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <TextInput
            label="User name"
            data-autofocus
            autoComplete="off"
            value={username}
            error={faultOf('username')}
            onChange={(event) => setUsername(event.currentTarget.value)}
          />
          <TextInput
            label="Name"
            value={displayName}
            error={faultOf('displayName')}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
          />
          <TextInput
            label="E-mail"
            type="email"
            value={email}
            error={faultOf('email')}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label="Role"
            allowDeselect={false}
            data={roles}
            value={role}
            error={faultOf('role')}
            onChange={(value) => setRole((value ?? 'viewer') as Role)}
          />
          <PasswordInput
            label={user ? 'New password' : 'Password'}
            description={user ? 'Left empty, it stays as it is.' : undefined}
            autoComplete="new-password"
            value={password}
            error={faultOf('password')}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {user && (
            <Switch
              label="May not sign in"
              checked={disabled}
              onChange={(event) => setDisabled(event.currentTarget.checked)}
            />
          )}
        </>
      )}
    </FormDialog>
  );
}
