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
  client.setQueriesData<Pages>({ queryKey: assetKeys.lists() }, (data) =>
    changePages(data, (page) => patchPage(page, id, patch)),
  );
}

function without(data: Pages | undefined, gone: (id: string) => boolean): Pages | undefined {
  if (!data) return data;
  const count = data.pages.reduce((sum, page) => sum + page.items.filter((item) => gone(item.id)).length, 0);
  if (count === 0) return data;
  return changePages(data, (page) => ({
    ...page,
    items: page.items.filter((item) => !gone(item.id)),
    totalItemCount: Math.max(0, page.totalItemCount - count),
  }));
}

/** Takes assets that are gone for everybody out of every list but the bin; their own pages find out by asking again. */
export function removeAssets(client: QueryClient, ids: readonly string[]): void {
  const gone = new Set(ids);
  const binKind = assetKeys.bin()[2];
  client.setQueriesData<Pages>(
    { queryKey: assetKeys.lists(), predicate: ({ queryKey }) => queryKey[2] !== binKind },
    (data) => without(data, (id) => gone.has(id)),
  );
}

export function removeFromBin(client: QueryClient, ids: readonly string[]): void {
  const gone = new Set(ids);
  client.setQueriesData<Pages>({ queryKey: assetKeys.bin() }, (data) => without(data, (id) => gone.has(id)));
}

/** Takes assets out of every folder but the one that they are in now; searches and collections still find them. */
export function leaveFolders(client: QueryClient, ids: readonly string[], nowIn: string | null): void {
  const gone = new Set(ids);
  client.setQueriesData<Pages>(
    { queryKey: assetKeys.allChildren(), predicate: ({ queryKey }) => queryKey[3] !== nowIn },
    (data) => without(data, (id) => gone.has(id)),
  );
}

/** Takes one asset out of one folder. */
export function leaveFolder(client: QueryClient, id: string, folderId: string): void {
  client.setQueriesData<Pages>({ queryKey: assetKeys.children(folderId) }, (data) =>
    without(data, (item) => item === id),
  );
}

export function isListed(client: QueryClient, id: string): boolean {
  return findListed(client, id) !== undefined;
}

export function findListed(client: QueryClient, id: string): Asset | undefined {
  for (const [, data] of client.getQueriesData<Pages>({ queryKey: assetKeys.lists() })) {
    for (const page of data?.pages ?? []) {
      const found = page.items.find((item) => item.id === id);
      if (found) return found;
    }
  }
  return undefined;
}

/** Whether a folder's list shows it. */
export function isListedIn(client: QueryClient, id: string, folderId: string): boolean {
  return client
    .getQueriesData<Pages>({ queryKey: assetKeys.children(folderId) })
    .some(([, data]) => data?.pages.some((page) => page.items.some((item) => item.id === id)));
}

export type ListSnapshot = [QueryKey, Pages | undefined][];

export function snapshotLists(client: QueryClient): ListSnapshot {
  return client.getQueriesData<Pages>({ queryKey: assetKeys.lists() });
}

export function restoreLists(client: QueryClient, snapshot: ListSnapshot): void {
  snapshot.forEach(([key, data]) => client.setQueryData(key, data));
}
