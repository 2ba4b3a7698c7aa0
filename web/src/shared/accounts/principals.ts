/** People and groups, found by what is typed. */
import { api, unwrap } from '../api/client';

export interface Principal {
  kind: 'user' | 'group';
  id: string;
  name: string;
}

export interface PrincipalFinder {
  /** Which finder this is: what it found is kept under it. */
  key: readonly unknown[];
  /** Letters that it needs before it finds anything by a beginning. */
  least: number;
  find: (text: string) => Promise<Principal[]>;
}

const pageSize = 100;

/** For administrators, who may look everybody up. */
export function anybody(kinds: Principal['kind'][]): PrincipalFinder {
  const find = async (text: string): Promise<Principal[]> => {
    const query = { pageSize, search: text || undefined };
    const [groups, users] = await Promise.all([
      kinds.includes('group') ? unwrap(api.GET('/admin/group', { params: { query } })) : null,
      kinds.includes('user') ? unwrap(api.GET('/admin/user', { params: { query } })) : null,
    ]);
    return [
      ...(groups?.items ?? []).map(({ id, name }) => ({ kind: 'group' as const, id, name })),
      ...(users?.items ?? []).map((user) => ({
        kind: 'user' as const,
        id: user.id,
        name: user.displayName ? `${user.displayName} (${user.username})` : user.username,
      })),
    ];
  };
  return { key: ['anybody', kinds], least: 0, find };
}

/** For whoever manages an asset: those whom one can name. */
export function granteesOf(assetId: string, kinds: Principal['kind'][]): PrincipalFinder {
  const find = async (text: string): Promise<Principal[]> => {
    const search = text.trim();
    if (!search) return [];
    const { items } = await unwrap(api.GET('/admin/grantee', { params: { query: { assetId, search } } }));
    return items
      .map(({ kind, id, displayName }) => ({ kind: kind as Principal['kind'], id, name: displayName }))
      .filter(({ kind }) => kinds.includes(kind));
  };
  return { key: ['grantees', assetId, kinds], least: 3, find };
}
