import { MutationCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '@/shared/api/problem';
import { showError } from '@/shared/ui/toast';

/** A refusal stays one, however often it is asked; a lost connection or a busy server is worth another try. */
function worthRetrying(failures: number, error: unknown): boolean {
  if (error instanceof ApiError && error.status < 500 && error.status !== 429) return false;
  return failures < 3;
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: worthRetrying,
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
