import { Center, Loader } from '@mantine/core';
import { Navigate, useLocation } from 'react-router-dom';
import { useSession } from '@/features/account/hooks/use-session';
import { ErrorState } from '@/shared/ui/error-state';
import { Shell } from './shell';

/** Everything behind the sign-in; remembers where somebody wanted to go. */
export function SignedIn() {
  const session = useSession();
  const location = useLocation();
  if (session.isPending) {
    return (
      <Center h="100%">
        <Loader size="sm" color="gray" aria-label="Loading" />
      </Center>
    );
  }
  if (session.error) return <ErrorState error={session.error} onRetry={() => void session.refetch()} />;
  if (!session.data) {
    const here = location.pathname + location.search;
    return <Navigate to={here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`} replace />;
  }
  return <Shell user={session.data} />;
}
