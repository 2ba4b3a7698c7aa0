import { Button } from '@mantine/core';
import { FileQuestion } from 'lucide-react';
import { Link } from 'react-router-dom';
import { EmptyState } from '@/shared/ui/empty-state';

export function NotFoundPage() {
  return (
    <EmptyState
      page
      icon={<FileQuestion size={28} />}
      title="There is no such page"
      action={
        <Button component={Link} to="/" variant="default">
          Go to the library
        </Button>
      }
    />
  );
}
