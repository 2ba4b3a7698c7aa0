import { MutationCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/shared/api/problem';
import { showError } from '@/shared/ui/toast';

/** A refusal stays one, however often it is asked; a lost connection or a busy server is worth another try. */
function mayPass(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}

/** Asks again for what is on the page and failed for want of a server. */
export function refetchUnreached(client: QueryClient): void {
  void client.refetchQueries({
    type: 'active',
    predicate: ({ state }) => state.status === 'error' && mayPass(state.error),
  });
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (failures, error) => failures < 3 && mayPass(error),
        // Nobody looks at an empty page for longer before being told.
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 4000),
        staleTime: 15_000,
        gcTime: 10 * 60_000,
        // Live events keep what is shown up to date; coming back to a tab need not ask for everything again.
        refetchOnWindowFocus: false,
      },
    },
    mutationCache: new MutationCache({
      onError: (error, _variables, _context, mutation) => {
        if (mutation.meta?.handlesErrors !== true) showError(error);
      },
    }),
  });
}
