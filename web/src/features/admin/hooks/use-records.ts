import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';

export interface RecordPage<T> {
  items: T[];
  nextPageToken?: string | null;
}

/** The pages of one kind of record, as one list. */
export function useRecords<T>(
  kind: string,
  filter: Record<string, unknown>,
  fetchPage: (pageToken: string | undefined) => Promise<RecordPage<T>>,
) {
  const query = useInfiniteQuery({
    queryKey: ['admin', kind, filter],
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextPageToken || undefined,
    placeholderData: (previous) => previous,
  });
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export type Records<T> = ReturnType<typeof useRecords<T>>;

/** A change of records; lists of those kinds are asked for again. */
export function useChange<Given, Result>(kinds: string[], change: (given: Given) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => Promise.all(kinds.map((kind) => client.invalidateQueries({ queryKey: ['admin', kind] }))),
    // A dialog tells its own faults; whatever is not sent from one passes `tell`.
    meta: { handlesErrors: true },
  });
}
