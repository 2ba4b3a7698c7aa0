import { useMemo } from 'react';
import type { Listing } from '../model/rows';
import { useChildren } from './use-folder';
import { sortParameter, type ViewSettings } from './use-view-settings';

type Children = ReturnType<typeof useChildren>;

function toListing(children: Children): Listing {
  const first = children.data?.pages[0];
  return {
    items: children.data?.pages.flatMap((page) => page.items) ?? [],
    total: first?.totalItemCount ?? 0,
    estimated: first?.totalIsEstimate ?? false,
    hasMore: children.hasNextPage,
    pending: children.isPending,
  };
}

/** Folders and files of one folder: two lists of the server, each paged, shown as one. */
export function useListing(folderId: string, settings: ViewSettings, name: string) {
  const folderPages = useChildren(folderId, { kind: 'folders', sort: sortParameter(settings, 'folders'), name });
  const filePages = useChildren(folderId, { kind: 'files', sort: sortParameter(settings, 'files'), name });
  const folders = useMemo(() => toListing(folderPages), [folderPages]);
  const files = useMemo(() => toListing(filePages), [filePages]);
  const loadMore = () => {
    const next = folderPages.hasNextPage ? folderPages : filePages;
    if (next.hasNextPage && !next.isFetchingNextPage && !next.isError) void next.fetchNextPage();
  };
  return {
    folders,
    files,
    loadMore,
    error: folderPages.error ?? filePages.error,
    retry: () => {
      void folderPages.refetch();
      void filePages.refetch();
    },
  };
}
