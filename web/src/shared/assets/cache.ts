/** Changes to assets in the query cache: wherever one is cached, it is changed in all places at once. */
import type { InfiniteData, QueryClient, QueryKey } from '@tanstack/react-query';
import type { Asset, AssetDetail, AssetItems, AssetPage } from '../api/types';
import { assetKeys } from './keys';

type Pages = InfiniteData<AssetPage, string | null>;
type Patch = Partial<Asset>;

function changePages(data: Pages | undefined, change: (page: AssetPage) => AssetPage): Pages | undefined {
  if (!data) return data;
  const pages = data.pages.map(change);
  return pages.some((page, index) => page !== data.pages[index]) ? { ...data, pages } : data;
}

function patchPage<T extends AssetItems>(page: T, id: string, patch: Patch): T {
  if (!page.items.some((item) => item.id === id)) return page;
  return { ...page, items: page.items.map((item) => (item.id === id ? { ...item, ...patch } : item)) };
}

export function patchAsset(client: QueryClient, id: string, patch: Patch): void {
  client.setQueryData<Asset>(assetKeys.item(id), (asset) => asset && { ...asset, ...patch });
  client.setQueryData<AssetDetail>(assetKeys.detail(id), (detail) => detail && { ...detail, ...patch });
  client.setQueryData<AssetItems>(assetKeys.roots(), (page) => page && patchPage(page, id, patch));
  client.setQueriesData<Pages>({ queryKey: assetKeys.allChildren() }, (data) =>
    changePages(data, (page) => patchPage(page, id, patch)),
  );
}

/** Takes an asset out of every list; its own page finds out by asking again. */
export function removeAsset(client: QueryClient, id: string): void {
  client.setQueriesData<Pages>({ queryKey: assetKeys.allChildren() }, (data) => {
    if (!data?.pages.some((page) => page.items.some((item) => item.id === id))) return data;
    return changePages(data, (page) => ({
      ...page,
      items: page.items.filter((item) => item.id !== id),
      totalItemCount: Math.max(0, page.totalItemCount - 1),
    }));
  });
}

export function isListed(client: QueryClient, id: string): boolean {
  return client
    .getQueriesData<Pages>({ queryKey: assetKeys.allChildren() })
    .some(([, data]) => data?.pages.some((page) => page.items.some((item) => item.id === id)));
}

export function findListed(client: QueryClient, id: string): Asset | undefined {
  for (const [, data] of client.getQueriesData<Pages>({ queryKey: assetKeys.allChildren() })) {
    for (const page of data?.pages ?? []) {
      const found = page.items.find((item) => item.id === id);
      if (found) return found;
    }
  }
  return undefined;
}

export type ListSnapshot = [QueryKey, Pages | undefined][];

export function snapshotLists(client: QueryClient): ListSnapshot {
  return client.getQueriesData<Pages>({ queryKey: assetKeys.allChildren() });
}

export function restoreLists(client: QueryClient, snapshot: ListSnapshot): void {
  snapshot.forEach(([key, data]) => client.setQueryData(key, data));
}
