import { api, unwrap } from '@/shared/api/client';
import type { AssetPage, Collection, CollectionPage, TagPage } from '@/shared/api/types';

const pageSize = 100;

export function fetchCollections(name: string, pageToken?: string): Promise<CollectionPage> {
  return unwrap(api.GET('/collection', { params: { query: { pageSize, pageToken, ...(name ? { name } : {}) } } }));
}

export function fetchCollection(id: string): Promise<Collection> {
  return unwrap(api.GET('/collection/{id}', { params: { path: { id } } }));
}

export function createCollection(body: { name: string; description: string | null }): Promise<Collection> {
  return unwrap(api.POST('/collection', { body }));
}

export function changeCollection(id: string, body: { name: string; description: string | null }): Promise<Collection> {
  return unwrap(api.PATCH('/collection/{id}', { params: { path: { id } }, body }));
}

export async function removeCollection(id: string): Promise<void> {
  await unwrap(api.DELETE('/collection/{id}', { params: { path: { id } } }));
}

export function fetchItems(id: string, pageToken: string | null, signal?: AbortSignal): Promise<AssetPage> {
  return unwrap(
    api.GET('/collection/{id}/item', {
      params: { path: { id }, query: { pageSize, ...(pageToken ? { pageToken } : {}) } },
      signal,
    }),
  );
}

export function fetchTags(prefix: string, pageToken?: string): Promise<TagPage> {
  return unwrap(api.GET('/tag', { params: { query: { pageSize: 200, pageToken, ...(prefix ? { prefix } : {}) } } }));
}
