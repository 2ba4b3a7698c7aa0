import { useMemo } from 'react';
import type { Asset } from '@/shared/api/types';
import { showDone } from '@/shared/ui/toast';
import type { Listing } from '../model/rows';
import { useChildren } from './use-folder';
import { sortParameter, type ViewSettings } from './use-view-settings';

/** An infinite query of pages of assets, whatever else a page has. */
interface Children {
  data: { pages: { items: Asset[]; totalItemCount: number; totalIsEstimate: boolean }[] } | undefined;
  hasNextPage: boolean;
  isPending: boolean;
  isError: boolean;
  fetchNextPage: () => Promise<Children>;
}

/** What a list of assets is drawn from. */
export interface ListingPages {
  folders: Listing;
  files: Listing;
  loadMore: () => void;
  /** All there is, as far as can be held at once. */
  loadAll: () => Promise<Asset[]>;
  error: unknown;
  retry: () => void;
}

/** More than anybody looks through; what is done with more is done with the folder. */
const loadedMax = 10_000;

export const noListing: Listing = { items: [], total: 0, estimated: false, hasMore: false, pending: false };

export function toListing(children: Children): Listing {
  const first = children.data?.pages[0];
  return {
    items: children.data?.pages.flatMap((page) => page.items) ?? [],
    total: first?.totalItemCount ?? 0,
    estimated: first?.totalIsEstimate ?? false,
    hasMore: children.hasNextPage,
    pending: children.isPending,
  };
}

function itemsOf(children: Children): Asset[] {
  return children.data?.pages.flatMap((page) => page.items) ?? [];
}

export async function loadEverything(children: Children): Promise<Asset[]> {
  let now = children;
  while (now.hasNextPage && !now.isError && itemsOf(now).length < loadedMax) now = await now.fetchNextPage();
  const all = itemsOf(now);
  if (now.hasNextPage) showDone(`The first ${all.length.toLocaleString('en-GB')} are selected`);
  return all;
}

/** Folders and files of one folder: two lists of the server, each paged, shown as one. */
export function useListing(folderId: string, settings: ViewSettings, name: string): ListingPages {
  const folderPages = useChildren(folderId, { kind: 'folders', sort: sortParameter(settings, 'folders'), name });
  const filePages = useChildren(folderId, { kind: 'files', sort: sortParameter(settings, 'files'), name });
  const folders = useMemo(() => toListing(folderPages), [folderPages]);
  const files = useMemo(() => toListing(filePages), [filePages]);
  return {
    folders,
    files,
    loadMore: () => {
      const next = folderPages.hasNextPage ? folderPages : filePages;
      if (next.hasNextPage && !next.isFetchingNextPage && !next.isError) void next.fetchNextPage();
    },
    loadAll: async () => [...(await loadEverything(folderPages)), ...(await loadEverything(filePages))],
    error: folderPages.error ?? filePages.error,
    retry: () => {
      void folderPages.refetch();
      void filePages.refetch();
    },
  };
}
