/** Words with which assets are filed: tags and collections to suggest, and the library's own fields. */
import { useQuery } from '@tanstack/react-query';
import { api, unwrap } from '../api/client';
import type { Collection, Field, Tag } from '../api/types';

const suggestions = 20;

export const vocabularyKeys = {
  tags: (prefix: string) => ['vocabulary', 'tags', prefix] as const,
  collections: (name: string) => ['vocabulary', 'collections', name] as const,
  fields: () => ['vocabulary', 'fields'] as const,
};

export function useTags(prefix: string): Tag[] {
  const { data } = useQuery({
    queryKey: vocabularyKeys.tags(prefix),
    queryFn: () =>
      unwrap(api.GET('/tag', { params: { query: { pageSize: suggestions, ...(prefix ? { prefix } : {}) } } })),
    placeholderData: (previous) => previous,
  });
  return data?.items ?? [];
}

/** Collections whose names begin so, or hold it. */
export function useCollectionNames(name: string): Collection[] {
  const { data } = useQuery({
    queryKey: vocabularyKeys.collections(name),
    queryFn: () =>
      unwrap(api.GET('/collection', { params: { query: { pageSize: suggestions, ...(name ? { name } : {}) } } })),
    placeholderData: (previous) => previous,
  });
  return data?.items ?? [];
}

export function useFields(): Field[] {
  const { data } = useQuery({
    queryKey: vocabularyKeys.fields(),
    queryFn: () => unwrap(api.GET('/field')),
    staleTime: 60_000,
  });
  return data?.items ?? [];
}
