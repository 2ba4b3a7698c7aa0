import { Button, Select, Switch, TagsInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ListPlus } from 'lucide-react';
import { useState } from 'react';
import type { Field } from '@/shared/api/types';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { EmptyState } from '@/shared/ui/empty-state';
import { FormDialog } from '@/shared/ui/form-dialog';
import { showError } from '@/shared/ui/toast';
import { changeField, createField, deleteField, fetchFields } from '../api/library';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

const types = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'date', label: 'Date' },
  { value: 'choice', label: 'Choice' },
  { value: 'boolean', label: 'Yes or no' },
];

export function Fields() {
  const client = useQueryClient();
  const [editing, setEditing] = useState<Field | 'new' | null>(null);
  const [deleting, setDeleting] = useState<Field | null>(null);
  const fields = useRecords('fields', {}, fetchFields);
  const remove = useChange(['fields'], async (field: Field) => {
    await deleteField(field.id);
    await client.invalidateQueries({ queryKey: ['vocabulary', 'fields'] });
  });
  const create = (
    <Button leftSection={<ListPlus size={16} />} onClick={() => setEditing('new')}>
      New field
    </Button>
  );
  return (
    <Section text="What this library wants to know of its files, beside name, description and tags." actions={create}>
      <RecordTable
        label="Fields"
        records={fields}
        keyOf={(field) => field.id}
        nameOf={(field) => field.label || field.name}
        empty={
          <EmptyState icon={<ListPlus size={28} strokeWidth={1.6} />} title="There are no fields yet">
            As “Scene”, “Rights until” or “Photographer”.
          </EmptyState>
        }
        columns={[
          { title: 'Label', cell: (field) => field.label || field.name },
          { title: 'Name', cell: (field) => <code>{field.name}</code>, minor: true },
          {
            title: 'Type',
            cell: (field) =>
              [
                types.find(({ value }) => value === field.type)?.label,
                field.multiple && 'several',
                field.required && 'required',
              ]
                .filter(Boolean)
                .join(', '),
          },
          { title: 'Choices', cell: (field) => field.choices.join(', '), minor: true },
        ]}
        actions={[
          { label: 'Edit', run: setEditing },
          { label: 'Delete', danger: true, run: setDeleting },
        ]}
      />
      {editing && <FieldForm field={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete the field"
          confirm="Delete"
          onClose={() => setDeleting(null)}
          onConfirm={() => remove.mutate(deleting, { onError: (error) => showError(error) })}
        >
          “{deleting.label || deleting.name}” is no longer asked for or checked. Values that files have are kept.
        </ConfirmDialog>
      )}
    </Section>
  );
}

function FieldForm({ field, onClose }: { field: Field | null; onClose: () => void }) {
  const client = useQueryClient();
  const [label, setLabel] = useState(field?.label ?? '');
  const [name, setName] = useState(field?.name ?? '');
  const [type, setType] = useState<Field['type']>(field?.type ?? 'text');
  const [choices, setChoices] = useState(field?.choices ?? []);
  const [required, setRequired] = useState(field?.required ?? false);
  const [multiple, setMultiple] = useState(field?.multiple ?? false);
  const [description, setDescription] = useState(field?.description ?? '');
  const save = useChange(['fields'], async () => {
    const given = {
      label: label.trim() || null,
      description: description.trim() || null,
      required,
      multiple,
      ...(type === 'choice' ? { choices } : {}),
    };
    if (field) await changeField(field.id, given);
    else await createField({ ...given, name: name.trim(), type });
    await client.invalidateQueries({ queryKey: ['vocabulary', 'fields'] });
  });
  return (
    <FormDialog
      title={field ? 'Edit the field' : 'New field'}
      confirm={field ? 'Save' : 'Create'}
      incomplete={!name.trim()}
      submit={() => save.mutateAsync(undefined)}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <TextInput
            label="Label"
            description="As people see it"
            data-autofocus
            value={label}
            error={faultOf('label')}
            onChange={(event) => {
              const text = event.currentTarget.value;
              // A name is offered along with the label, until one of its own is given.
              if (!field && name === identifierOf(label)) setName(identifierOf(text));
              setLabel(text);
            }}
          />
          <TextInput
            label="Name"
            description="As the API calls it; it never changes"
            disabled={field !== null}
            value={name}
            error={faultOf('name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="Type"
            allowDeselect={false}
            disabled={field !== null}
            data={types}
            value={type}
            error={faultOf('type')}
            onChange={(value) => setType((value ?? 'text') as Field['type'])}
          />
          {type === 'choice' && (
            <TagsInput
              label="Choices"
              placeholder="Type and press Enter"
              value={choices}
              error={faultOf('choices')}
              onChange={setChoices}
              acceptValueOnBlur
            />
          )}
          <TextInput
            label="Description"
            value={description}
            error={faultOf('description')}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <Switch
            label="Has to be given"
            checked={required}
            onChange={(event) => setRequired(event.currentTarget.checked)}
          />
          <Switch
            label="May have several values"
            checked={multiple}
            onChange={(event) => setMultiple(event.currentTarget.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}

/** `Rights until` -> `rightsUntil` */
function identifierOf(label: string): string {
  const words = label
    .normalize('NFD')
    .replace(/[^A-Za-z0-9 ]/g, '')
    .trim()
    .split(/ +/)
    .filter(Boolean);
  return words
    .map((word, index) =>
      index === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join('');
}
