import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import type { AssetDetail } from '@/shared/api/types';
import { findListed } from '@/shared/assets/cache';
import { assetKeys, type ChildrenQuery } from '@/shared/assets/keys';
import { statusLook } from '@/shared/assets/status';
import { liveState } from '@/shared/live/live-connection';
import { fetchAsset, fetchChildren, fetchDetail, fetchParents, fetchRoots } from '../api/folders';

/** How often to look at work under way while live events do not come. */
const pollMs = 5000;

export function useRoots() {
  return useQuery({ queryKey: assetKeys.roots(), queryFn: fetchRoots });
}

export function useFolder(id: string, enabled = true) {
  const client = useQueryClient();
  return useQuery({
    queryKey: assetKeys.item(id),
    queryFn: () => fetchAsset(id),
    enabled,
    // What the list said about it is enough to draw the page at once.
    placeholderData: () => findListed(client, id),
  });
}

export function useParents(id: string) {
  return useQuery({
    queryKey: assetKeys.parents(id),
    queryFn: () => fetchParents(id),
    placeholderData: keepPreviousData,
  });
}

/** What one may do with a folder; undefined until that is known. */
export function usePermissions(id: string): AssetDetail['permissions'] | undefined {
  return useQuery({ queryKey: assetKeys.detail(id), queryFn: () => fetchDetail(id) }).data?.permissions;
}

/** The root under which a folder or asset lies, so that it can be marked; asks for nothing that the page has not asked for. */
export function useRootOf(id: string | undefined): string | undefined {
  const parents = useQuery({
    queryKey: assetKeys.parents(id ?? ''),
    queryFn: () => fetchParents(id ?? ''),
    enabled: id !== undefined,
  });
  return parents.data?.[0]?.id ?? id;
}

export function useChildren(id: string, query: ChildrenQuery) {
  return useInfiniteQuery({
    queryKey: assetKeys.childrenQuery(id, query),
    queryFn: ({ pageParam, signal }) => fetchChildren(id, query, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextPageToken || null,
    // Another order or filter of the same folder replaces the list when it is there; another folder starts empty.
    placeholderData: (previous, previousQuery) => (previousQuery?.queryKey[3] === id ? previous : undefined),
    refetchInterval: ({ state }) => {
      if (liveState.get() !== 'down') return false;
      const busy = state.data?.pages.some((page) => page.items.some((item) => statusLook(item.assetStatus).busy));
      return busy ? pollMs : false;
    },
  });
}
