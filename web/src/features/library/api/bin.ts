import { api, unwrap } from '@/shared/api/client';
import type { Asset, AssetPage } from '@/shared/api/types';

export function fetchBin(pageToken: string | null, signal?: AbortSignal): Promise<AssetPage> {
  return unwrap(
    api.GET('/admin/asset/deleted', {
      params: { query: { pageSize: 100, ...(pageToken ? { pageToken } : {}) } },
      signal,
    }),
  );
}

export function undelete(id: string, given: { parentId?: string; onConflict?: 'rename' }): Promise<Asset> {
  return unwrap(api.POST('/admin/asset/{id}/undelete', { params: { path: { id } }, body: given })) as Promise<Asset>;
}
