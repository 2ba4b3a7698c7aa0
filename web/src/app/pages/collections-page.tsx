import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue, useDisclosure, useDocumentTitle } from '@mantine/hooks';
import { Library, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { CollectionForm } from '@/features/collection/components/collection-form';
import { CollectionsGrid } from '@/features/collection/components/collections-grid';
import { EmptyState } from '@/shared/ui/empty-state';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';

export function CollectionsPage() {
  useDocumentTitle('Collections · Reelvault');
  const { canEdit } = useShell();
  const [text, setText] = useState('');
  const [filter] = useDebouncedValue(text.trim(), 200);
  const [creating, create] = useDisclosure(false);
  const navigate = useNavigate();
  return (
    <>
      <PageHeader
        title="Collections"
        tall
        actions={
          <>
            <TextInput
              flex={1}
              aria-label="Filter collections"
              placeholder="Filter by name"
              leftSection={<Search size={15} />}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            {canEdit && (
              <Button leftSection={<Plus size={16} />} onClick={create.open}>
                New collection
              </Button>
            )}
          </>
        }
      />
      <CollectionsGrid
        filter={filter}
        empty={
          <EmptyState
            icon={<Library size={28} strokeWidth={1.6} />}
            title={filter ? 'No collection of that name' : 'There are no collections yet'}
          >
            A collection holds files and folders from anywhere in the library, without moving them.
          </EmptyState>
        }
      />
      {creating && (
        <CollectionForm
          collection={null}
          onClose={create.close}
          onSaved={(made) => void navigate(`/collection/${made.id}`)}
        />
      )}
    </>
  );
}
