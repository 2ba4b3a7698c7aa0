/** What is searched for, as the page's address keeps it, and as the server is asked. */
import type { Field, SearchRequest } from '@/shared/api/types';

export const sorts = [
  { value: 'relevance', label: 'Best match' },
  { value: 'name', label: 'Name' },
  { value: '-createdAt', label: 'Newest first' },
  { value: 'createdAt', label: 'Oldest first' },
  { value: '-modifiedAt', label: 'Changed last' },
  { value: '-size', label: 'Largest first' },
] as const;

export type Sort = (typeof sorts)[number]['value'];

export interface Criteria {
  query: string;
  /** Below this folder alone; null: everywhere. */
  folderId: string | null;
  sort: Sort;
  /** Facet -> chosen values. */
  chosen: Record<string, string[]>;
}

/** Facets in the address, by a short name of theirs; a custom field by `f.` and its own. */
const parameters: Record<string, string> = {
  mediaType: 'kind',
  tags: 'tag',
  assetStatus: 'status',
  createdAt: 'year',
};
const fieldPrefix = 'f.';
const customPrefix = 'customFields.';

export function criteriaFrom(search: URLSearchParams): Criteria {
  const chosen: Record<string, string[]> = {};
  for (const [facet, parameter] of Object.entries(parameters)) {
    const values = search.getAll(parameter);
    if (values.length > 0) chosen[facet] = values;
  }
  for (const key of new Set(search.keys())) {
    if (key.startsWith(fieldPrefix)) chosen[customPrefix + key.slice(fieldPrefix.length)] = search.getAll(key);
  }
  const sort = sorts.find(({ value }) => value === search.get('sort'))?.value;
  return { query: search.get('q') ?? '', folderId: search.get('in'), sort: sort ?? 'relevance', chosen };
}

export function addressOf({ query, folderId, sort, chosen }: Criteria): URLSearchParams {
  const search = new URLSearchParams();
  if (query) search.set('q', query);
  if (folderId) search.set('in', folderId);
  for (const [facet, values] of Object.entries(chosen)) {
    const parameter = facet.startsWith(customPrefix)
      ? fieldPrefix + facet.slice(customPrefix.length)
      : parameters[facet];
    if (parameter) values.forEach((value) => search.append(parameter, value));
  }
  if (sort !== 'relevance') search.set('sort', sort);
  return search;
}

export function toggled(criteria: Criteria, facet: string, value: string): Criteria {
  const values = criteria.chosen[facet] ?? [];
  const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
  const { [facet]: _old, ...others } = criteria.chosen;
  return { ...criteria, chosen: next.length > 0 ? { ...others, [facet]: next } : others };
}

/** Of years one range, since the server takes one: from the first to the last that was chosen. */
function rangeOfYears(years: string[]): { from: string; until: string } {
  const numbers = years.map(Number).filter(Number.isInteger);
  return {
    from: `${Math.min(...numbers)}-01-01T00:00:00.000Z`,
    until: `${Math.max(...numbers) + 1}-01-01T00:00:00.000Z`,
  };
}

/** Who stops in the middle of a word means what begins so, which is what was suggested while they typed. */
export function withBeginning(query: string): string {
  return hasSigns.test(query) ? query : query.replace(/([\p{L}\p{N}\p{M}])[^\p{L}\p{N}\p{M}]*$/u, '$1*');
}

/** Quotes, an exclusion or a beginning: such a query means what it says. */
const hasSigns = /["*]|(^|\s)-+[^\s-]/;

/** What finds a file by its name, whatever signs are in that. */
export function queryOfName(name: string): string {
  return hasSigns.test(name) ? `"${name.replaceAll('"', ' ')}"` : name;
}

/** Nothing is suggested for a query of signs: it would not be found by it. */
export function beginningOf(text: string): string {
  const query = text.trim();
  return hasSigns.test(query) ? '' : query;
}

/** `facets`: the custom fields whose values are counted. */
export function requestOf(criteria: Criteria, facets: readonly Pick<Field, 'name' | 'type'>[]): SearchRequest {
  const { mediaType, tags, assetStatus, createdAt, ...custom } = criteria.chosen;
  const customFields = Object.fromEntries(
    Object.entries(custom).map(([facet, values]) => {
      const name = facet.slice(customPrefix.length);
      // In an address all is text.
      const boolean = facets.some((field) => field.name === name && field.type === 'boolean');
      return [name, boolean ? values.map((value) => value === 'true') : values];
    }),
  );
  return {
    query: withBeginning(criteria.query),
    filters: {
      ...(mediaType ? { mediaType } : {}),
      ...(tags ? { tags } : {}),
      ...(assetStatus ? { assetStatus: assetStatus.map(Number) } : {}),
      ...(createdAt ? { createdAt: rangeOfYears(createdAt) } : {}),
      ...(Object.keys(customFields).length > 0 ? { customFields } : {}),
      ...(criteria.folderId ? { parentId: criteria.folderId } : {}),
    },
    facets: [...Object.keys(parameters), ...facets.map(({ name }) => customPrefix + name)],
    sort: criteria.sort,
    pageSize: 60,
  };
}
