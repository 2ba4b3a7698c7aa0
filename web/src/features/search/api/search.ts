import { api, unwrap } from '@/shared/api/client';
import type { SearchPage, SearchRequest, Suggestion } from '@/shared/api/types';

/** A page may come empty though more follows: the server looks at a limited number of rows for each. */
const maxEmptyPages = 20;

export async function fetchFound(
  request: SearchRequest,
  pageToken: string | null,
  signal?: AbortSignal,
): Promise<SearchPage> {
  let token = pageToken;
  for (let empty = 0; ; empty += 1) {
    const page: SearchPage = await unwrap(
      api.POST('/search', {
        // Facets count everything that was found; with the first page they are known.
        body: { ...request, ...(token ? { pageToken: token, facets: [] } : {}) },
        signal,
      }),
    );
    if (page.items.length > 0 || !page.nextPageToken || empty === maxEmptyPages) return page;
    token = page.nextPageToken;
  }
}

export async function fetchSuggestions(prefix: string, signal?: AbortSignal): Promise<Suggestion[]> {
  const { items } = await unwrap(api.GET('/search/suggest', { params: { query: { prefix, limit: 8 } }, signal }));
  return items;
}
