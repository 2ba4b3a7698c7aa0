import { Button } from '@mantine/core';
import { CircleAlert, RotateCw } from 'lucide-react';
import { ApiError, describeError } from '../api/problem';
import { EmptyState } from './empty-state';
import { MissingPage } from './missing-page';

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** A part of the page that could not be loaded. */
export function ErrorState({ error, onRetry }: Props) {
  const missing = error instanceof ApiError && (error.status === 404 || error.isWrongAddress);
  const said = describeError(error);
  if (missing) {
    return (
      <MissingPage title="This is not here">
        It may have been moved to the bin, or you may not have access to it.
      </MissingPage>
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
