import { Alert, Button, Code, MultiSelect, Select, Text, TextInput } from '@mantine/core';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import type { ApiKey } from '@/shared/api/types';
import { formatDate } from '@/shared/format/format';
import { copyText } from '@/shared/lib/clipboard';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { EmptyState } from '@/shared/ui/empty-state';
import { FormDialog } from '@/shared/ui/form-dialog';
import { showDone, showError } from '@/shared/ui/toast';
import { Dialog } from '@/shared/ui/dialog';
import { createKey, deleteKey, fetchKeys } from '../api/admin';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

const scopes = ['read', 'write', 'upload', 'manage', 'admin'] as const;
type Scope = (typeof scopes)[number];

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: '', label: 'Until it is deleted' },
];

export function ApiKeys() {
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<ApiKey | null>(null);
  const [deleting, setDeleting] = useState<ApiKey | null>(null);
  const keys = useRecords('keys', {}, fetchKeys);
  const remove = useChange(['keys'], (key: ApiKey) => deleteKey(key.id));
  return (
    <Section
      text="Keys with which programs call the API in somebody’s name. A key can do what its owner may do, within its scopes."
      actions={
        <Button leftSection={<KeyRound size={16} />} onClick={() => setCreating(true)}>
          New key
        </Button>
      }
    >
      <RecordTable
        label="API keys"
        records={keys}
        keyOf={(key) => key.id}
        nameOf={(key) => key.name}
        empty={<EmptyState icon={<KeyRound size={28} strokeWidth={1.6} />} title="There are no keys" />}
        columns={[
          { title: 'Name', cell: (key) => key.name },
          { title: 'Begins with', cell: (key) => <Code>{key.prefix}</Code>, minor: true },
          { title: 'Scopes', cell: (key) => key.scopes?.join(', ') || 'all', minor: true },
          { title: 'Ends', cell: (key) => (key.expiresAt ? formatDate(key.expiresAt) : 'never') },
          { title: 'Last used', cell: (key) => (key.lastUsedAt ? formatDate(key.lastUsedAt) : 'never'), minor: true },
        ]}
        actions={[{ label: 'Delete', danger: true, run: setDeleting }]}
      />
      {creating && <KeyForm onClose={() => setCreating(false)} onMade={setMade} />}
      {made && <MadeKey made={made} onClose={() => setMade(null)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete the key"
          confirm="Delete"
          onClose={() => setDeleting(null)}
          onConfirm={() => remove.mutate(deleting, { onError: (error) => showError(error) })}
        >
          Programs that use “{deleting.name}” are refused from now on.
        </ConfirmDialog>
      )}
    </Section>
  );
}

function KeyForm({ onClose, onMade }: { onClose: () => void; onMade: (key: ApiKey) => void }) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>(['read']);
  const [days, setDays] = useState('90');
  const create = useChange(['keys'], () =>
    createKey({
      name: name.trim(),
      scopes: chosen as Scope[],
      expiresAt: days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null,
    }),
  );
  return (
    <FormDialog
      title="New key"
      confirm="Create"
      incomplete={!name.trim()}
      submit={async () => onMade(await create.mutateAsync(undefined))}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <TextInput
            label="Name"
            description="What it is for"
            data-autofocus
            value={name}
            error={faultOf('name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <MultiSelect
            label="Scopes"
            description="None: all that its owner may do"
            data={scopes.map((scope) => ({ value: scope, label: scope }))}
            value={chosen}
            error={faultOf('scopes')}
            onChange={setChosen}
          />
          <Select
            label="Valid for"
            allowDeselect={false}
            data={lifetimes}
            value={days}
            error={faultOf('expiresAt')}
            onChange={(value) => setDays(value ?? '')}
          />
        </>
      )}
    </FormDialog>
  );
}

function MadeKey({ made, onClose }: { made: ApiKey; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title={`The key “${made.name}”`} size="md">
      <Alert color="yellow" variant="light" py="xs">
        It is shown this once. Keep it where you keep passwords.
      </Alert>
      <Code block my="md" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
        {made.key}
      </Code>
      <Button
        data-autofocus
        onClick={() => void copyText(made.key ?? '').then((copied) => copied && showDone('Key copied'))}
      >
        Copy
      </Button>
      <Text size="xs" c="dimmed" mt="md">
        Authorization: Bearer …
      </Text>
    </Dialog>
  );
}
