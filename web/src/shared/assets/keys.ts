import type { operations } from '../api/schema';

/** Names of cached queries. Live events and several features touch the same ones, so they are in one place. */

export type ChildrenSort = NonNullable<NonNullable<operations['getAssetByIdChildren']['parameters']['query']>['sort']>;

export interface ChildrenQuery {
  sort: ChildrenSort;
  name?: string;
  tag?: string;
  kind: 'folders' | 'files';
}

export const assetKeys = {
  all: ['asset'] as const,
  roots: () => ['asset', 'roots'] as const,
  item: (id: string) => ['asset', 'item', id] as const,
  detail: (id: string) => ['asset', 'detail', id] as const,
  parents: (id: string) => ['asset', 'parents', id] as const,
  jobs: (id: string) => ['asset', 'jobs', id] as const,
  shares: (id: string) => ['asset', 'shares', id] as const,
  history: (id: string) => ['asset', 'history', id] as const,
  /** Everything below is pages of assets: folders, what a search found, what a collection holds, the bin. */
  lists: () => ['asset', 'list'] as const,
  allChildren: () => ['asset', 'list', 'folder'] as const,
  children: (id: string) => ['asset', 'list', 'folder', id] as const,
  childrenQuery: (id: string, query: ChildrenQuery) => ['asset', 'list', 'folder', id, query] as const,
  bin: () => ['asset', 'list', 'bin'] as const,
  searches: () => ['asset', 'list', 'search'] as const,
  search: (query: object) => ['asset', 'list', 'search', query] as const,
  collection: (id: string) => ['asset', 'list', 'collection', id] as const,
};
