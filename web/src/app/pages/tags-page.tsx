import { TextInput } from '@mantine/core';
import { useDebouncedValue, useDocumentTitle } from '@mantine/hooks';
import { Search, Tags } from 'lucide-react';
import { useState } from 'react';
import { TagCloud } from '@/features/collection/components/tag-cloud';
import { EmptyState } from '@/shared/ui/empty-state';
import { PageHeader } from '../shell/page-header';

export function TagsPage() {
  useDocumentTitle('Tags · Reelvault');
  const [text, setText] = useState('');
  const [prefix] = useDebouncedValue(text.trim(), 200);
  return (
    <>
      <PageHeader
        title="Tags"
        actions={
          <TextInput
            aria-label="Filter tags"
            placeholder="Begins with"
            leftSection={<Search size={15} />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        }
      />
      <TagCloud
        prefix={prefix}
        empty={
          <EmptyState
            icon={<Tags size={28} strokeWidth={1.6} />}
            title={prefix ? 'No tag begins so' : 'There are no tags yet'}
          >
            Tags are given to files and folders, one by one or many at once.
          </EmptyState>
        }
      />
    </>
  );
}
