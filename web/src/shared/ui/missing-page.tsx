import { Button } from '@mantine/core';
import { FileQuestion } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { EmptyState } from './empty-state';

interface Props {
  title: string;
  children?: ReactNode;
}

/** In place of a page that is not there, or not for who asks. */
export function MissingPage({ title, children }: Props) {
  return (
    <EmptyState
      page
      icon={<FileQuestion size={28} />}
      title={title}
      action={
        <Button component={Link} to="/" variant="default">
          Go to the library
        </Button>
      }
    >
      {children}
    </EmptyState>
  );
}
