import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { assetKeys } from '@/shared/assets/keys';
import { useFields } from '@/shared/assets/vocabulary';
import { fetchFound, fetchSuggestions } from '../api/search';
import { beginningOf, requestOf, type Criteria } from '../model/criteria';

export function useSearch(criteria: Criteria) {
  const fields = useFields();
  const request = requestOf(
    criteria,
    fields.filter(({ type }) => type === 'choice' || type === 'boolean'),
  );
  return useInfiniteQuery({
    queryKey: assetKeys.search(request),
    queryFn: ({ pageParam, signal }) => fetchFound(request, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextPageToken || null,
    // Another filter replaces what is shown once its answer is there.
    placeholderData: (previous) => previous,
  });
}

export function useSuggestions(text: string) {
  const prefix = beginningOf(text);
  return useQuery({
    queryKey: ['suggestions', prefix],
    queryFn: ({ signal }) => fetchSuggestions(prefix, signal),
    enabled: prefix.length > 0,
    placeholderData: (previous) => (prefix ? previous : undefined),
  });
}
