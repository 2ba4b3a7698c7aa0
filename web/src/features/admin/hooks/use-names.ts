import { useQueries } from '@tanstack/react-query';
import { api, unwrap } from '@/shared/api/client';
import type { Grant } from '@/shared/api/types';

async function fetchName(kind: 'user' | 'group', id: string): Promise<string> {
  const params = { params: { path: { id } } };
  if (kind === 'group') return (await unwrap(api.GET('/admin/group/{id}', params))).name;
  const user = await unwrap(api.GET('/admin/user/{id}', params));
  return user.displayName || user.username;
}

/** Names of those to whom something was granted; grants themselves have ids alone. */
export function usePrincipalNames(grants: Grant[]): (grant: Grant) => string {
  const wanted = [...new Set(grants.map(({ userId, groupId }) => (userId ? `user:${userId}` : `group:${groupId}`)))];
  const found = useQueries({
    queries: wanted.map((key) => {
      const [kind, id] = key.split(':') as ['user' | 'group', string];
      return { queryKey: ['admin', `${kind}s`, 'name', id], queryFn: () => fetchName(kind, id), staleTime: 60_000 };
    }),
  });
  const names = new Map(wanted.map((key, index) => [key, found[index]?.data]));
  return ({ userId, groupId }) => names.get(userId ? `user:${userId}` : `group:${groupId}`) ?? '…';
}
