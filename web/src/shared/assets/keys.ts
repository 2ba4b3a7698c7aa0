import type { operations } from '../api/schema';

/** Names of cached queries. Live events and several features touch the same ones, so they are in one place. */

export type ChildrenSort = NonNullable<NonNullable<operations['getAssetByIdChildren']['parameters']['query']>['sort']>;

export interface ChildrenQuery {
  sort: ChildrenSort;
  name?: string;
  kind: 'folders' | 'files';
}

export const assetKeys = {
  all: ['asset'] as const,
  roots: () => ['asset', 'roots'] as const,
  item: (id: string) => ['asset', 'item', id] as const,
  detail: (id: string) => ['asset', 'detail', id] as const,
  parents: (id: string) => ['asset', 'parents', id] as const,
  jobs: (id: string) => ['asset', 'jobs', id] as const,
  allChildren: () => ['asset', 'children'] as const,
  children: (id: string) => ['asset', 'children', id] as const,
  childrenQuery: (id: string, query: ChildrenQuery) => ['asset', 'children', id, query] as const,
};
