import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { assetKeys } from '@/shared/assets/keys';
import {
  changeCollection,
  createCollection,
  fetchCollection,
  fetchCollections,
  fetchItems,
  fetchTags,
  removeCollection,
} from '../api/collections';

export function useCollections(name: string) {
  return useInfiniteQuery({
    queryKey: ['vocabulary', 'collections', 'all', name],
    queryFn: ({ pageParam }) => fetchCollections(name, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (previous) => previous,
  });
}

export function useCollection(id: string) {
  return useQuery({ queryKey: ['vocabulary', 'collection', id], queryFn: () => fetchCollection(id) });
}

export function useCollectionItems(id: string) {
  return useInfiniteQuery({
    queryKey: assetKeys.collection(id),
    queryFn: ({ pageParam, signal }) => fetchItems(id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextPageToken || null,
  });
}

interface Described {
  name: string;
  description: string | null;
}

/** Makes a collection, or changes the one that is given. */
export function useSaveCollection(id: string | null) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (given: Described) => (id ? changeCollection(id, given) : createCollection(given)),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['vocabulary'] });
      // Assets name their collections.
      void client.invalidateQueries({ queryKey: assetKeys.all });
    },
    meta: { handlesErrors: true },
  });
}

export function useRemoveCollection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: removeCollection,
    onSuccess: (_nothing, id) => {
      client.removeQueries({ queryKey: ['vocabulary', 'collection', id] });
      void client.invalidateQueries({ queryKey: ['vocabulary'] });
      void client.invalidateQueries({ queryKey: assetKeys.all });
    },
  });
}

export function useTagPages(prefix: string) {
  return useInfiniteQuery({
    queryKey: ['vocabulary', 'tags', 'all', prefix],
    queryFn: ({ pageParam }) => fetchTags(prefix, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (previous) => previous,
  });
}
