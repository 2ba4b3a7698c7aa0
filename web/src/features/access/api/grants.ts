import { api, unwrap } from '@/shared/api/client';
import type { AssetDetail, AssetGrant, Grant } from '@/shared/api/types';
import type { components } from '@/shared/api/schema';

type Schemas = components['schemas'];

export type Permission = 'read' | 'write' | 'manage';

const pageSize = 500;

/** All grants that bear on an asset, the nearest first. */
export async function fetchAssetGrants(id: string): Promise<AssetGrant[]> {
  const all: AssetGrant[] = [];
  for (let pageToken: string | undefined; ;) {
    const page = await unwrap(
      api.GET('/asset/{id}/grant', { params: { path: { id }, query: { pageSize, pageToken } } }),
    );
    all.push(...page.items);
    if (!page.nextPageToken) break;
    pageToken = page.nextPageToken;
  }
  return all.sort((a, b) => a.distance - b.distance);
}

export function fetchFolder(id: string): Promise<AssetDetail> {
  return unwrap(api.GET('/asset/{id}/detail', { params: { path: { id } } }));
}

export function createGrant(body: Schemas['CreateGrant']): Promise<Grant> {
  return unwrap(api.POST('/admin/grant', { body }));
}

export function changeGrant(id: string, permission: Permission): Promise<Grant> {
  return unwrap(api.PATCH('/admin/grant/{id}', { params: { path: { id } }, body: { permission } }));
}

export async function deleteGrant(id: string): Promise<void> {
  await unwrap(api.DELETE('/admin/grant/{id}', { params: { path: { id } } }));
}
