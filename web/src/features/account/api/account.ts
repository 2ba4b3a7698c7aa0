import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { api, unwrap } from '@/shared/api/client';
import { ApiError } from '@/shared/api/problem';
import { forgetSession, noteSession, scheduleRenewal } from '@/shared/api/session';
import type { User } from '@/shared/api/types';

/** Who is signed in, or null. A server that cannot be reached is an error and not a sign-out. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  staleTime: Infinity,
  gcTime: Infinity,
  queryFn: async (): Promise<User | null> => {
    try {
      const user = await unwrap(api.GET('/account/user'));
      scheduleRenewal();
      return user;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
});

export async function signIn(username: string, password: string): Promise<User> {
  const session = await unwrap(
    api.POST('/account/login', {
      headers: { 'X-Reelvault-Session': 'cookie' },
      body: { username, password },
    }),
  );
  noteSession(session.expiresIn);
  return session.user;
}

/** Ends the sessions that are open elsewhere. */
export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  await unwrap(api.POST('/account/change-password', { body: { currentPassword, newPassword } }));
}

export async function signOut(): Promise<void> {
  await unwrap(api.POST('/account/logout', { body: {} }));
  forgetSession();
}

/** Leaves nothing of one user behind for the next one on the same machine. */
export function dropSession(client: QueryClient): void {
  forgetSession();
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
  client.setQueryData(sessionQuery.queryKey, null);
}
