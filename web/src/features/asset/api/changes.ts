import { api, unwrap } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Access, Asset, HistoryEntry } from '@/shared/api/types';

export type AssetChange = components['schemas']['AssetPatch'];

export function changeAsset(id: string, body: AssetChange): Promise<Asset> {
  return unwrap(api.PATCH('/asset/{id}', { params: { path: { id } }, body }));
}

export function revertTo(id: string, version: number): Promise<Asset> {
  return unwrap(api.POST('/asset/{id}/version/{number}/revert', { params: { path: { id, number: String(version) } } }));
}

export async function fetchHistory(id: string): Promise<HistoryEntry[]> {
  return (await unwrap(api.GET('/asset/{id}/history', { params: { path: { id } } }))).items;
}

export function fetchAccess(id: string, userId?: string): Promise<Access> {
  return unwrap(api.GET('/asset/{id}/access', { params: { path: { id }, query: { userId } } }));
}
