import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Collection } from '@/shared/api/types';
import { FormDialog } from '@/shared/ui/form-dialog';
import { useSaveCollection } from '../hooks/use-collections';

interface Props {
  collection: Collection | null;
  onClose: () => void;
  onSaved?: (collection: Collection) => void;
}

export function CollectionForm({ collection, onClose, onSaved }: Props) {
  const [name, setName] = useState(collection?.name ?? '');
  const [description, setDescription] = useState(collection?.description ?? '');
  const save = useSaveCollection(collection?.id ?? null);
  return (
    <FormDialog
      title={collection ? 'Edit the collection' : 'New collection'}
      confirm={collection ? 'Save' : 'Create'}
      incomplete={!name.trim()}
      submit={async () => {
        const saved = await save.mutateAsync({ name: name.trim(), description: description.trim() || null });
        onSaved?.(saved);
      }}
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
          <Textarea
            label="Description"
            autosize
            minRows={2}
            maxRows={6}
            value={description}
            error={faultOf('description')}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
        </>
      )}
    </FormDialog>
  );
}
