import { Button } from '@mantine/core';
import { CircleAlert, FileQuestion, RotateCw } from 'lucide-react';
import { Link } from 'react-router-dom';
import { ApiError, describeError } from '../api/problem';
import { EmptyState } from './empty-state';

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** A part of the page that could not be loaded. */
export function ErrorState({ error, onRetry }: Props) {
  const missing = error instanceof ApiError && error.status === 404;
  const said = describeError(error);
  if (missing) {
    return (
      <EmptyState
        page
        icon={<FileQuestion size={28} />}
        title="This is not here"
        action={
          <Button component={Link} to="/" variant="default">
            Go to the library
          </Button>
        }
      >
        It may have been moved to the bin, or you may not have access to it.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<CircleAlert size={28} />}
      title={said.title}
      action={
        onRetry && (
          <Button variant="default" leftSection={<RotateCw size={16} />} onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {said.detail}
    </EmptyState>
  );
}
