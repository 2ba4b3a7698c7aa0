import { Button } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { useRouteError } from 'react-router-dom';
import { describeError } from '@/shared/api/problem';
import { EmptyState } from '@/shared/ui/empty-state';

/** The page itself broke, or a part of it could not be loaded, as after an update of the server. */
export function PageError() {
  const error = useRouteError();
  const outdated = error instanceof TypeError && /module|import/i.test(error.message);
  return (
    <EmptyState
      page
      icon={<CircleAlert size={28} />}
      title={outdated ? 'There is a newer version of this page' : 'The page broke'}
      action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
    >
      {outdated ? 'The server was updated while you were here.' : describeError(error).detail}
    </EmptyState>
  );
}
