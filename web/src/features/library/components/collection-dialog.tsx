import { Autocomplete, Button, Group } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type FormEvent } from 'react';
import { useCollectionNames } from '@/shared/assets/vocabulary';
import { Dialog } from '@/shared/ui/dialog';

interface Props {
  title: string;
  onClose: () => void;
  onChoose: (name: string) => void;
}

/** Asks for a collection by its name; one that is not there is made. */
export function CollectionDialog({ title, onClose, onChoose }: Props) {
  const [name, setName] = useState('');
  const [settled] = useDebouncedValue(name, 150);
  const known = useCollectionNames(settled.trim());
  const trimmed = name.trim();
  const exists = known.some((collection) => collection.name.toLowerCase() === trimmed.toLowerCase());
  return (
    <Dialog onClose={onClose} title={title} size="sm">
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (!trimmed) return;
          onClose();
          onChoose(trimmed);
        }}
      >
        <Autocomplete
          label="Collection"
          data-autofocus
          placeholder="An existing or a new one"
          maxLength={255}
          data={[...new Set(known.map((collection) => collection.name))]}
          filter={({ options }) => options}
          value={name}
          onChange={setName}
        />
        <Group justify="flex-end" gap="xs" mt="lg">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!trimmed}>
            {!trimmed || exists ? 'Add' : 'Make and add'}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
