import { api, unwrap } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { MadeShare, Share, ShareDoor, SharedAsset } from '@/shared/api/types';

export type NewShare = components['schemas']['NewShare'];
export type Shown = components['schemas']['OpenShare'];

export async function fetchShares(id: string): Promise<Share[]> {
  return (await unwrap(api.GET('/asset/{id}/share', { params: { path: { id } } }))).items;
}

export function makeShare(id: string, body: NewShare): Promise<MadeShare> {
  return unwrap(api.POST('/asset/{id}/share', { params: { path: { id } }, body }));
}

export function revokeShare(id: string, shareId: string): Promise<unknown> {
  return unwrap(api.DELETE('/asset/{id}/share/{shareId}', { params: { path: { id, shareId } } }));
}

export function fetchDoor(token: string): Promise<ShareDoor> {
  return unwrap(api.GET('/share/{token}', { params: { path: { token } } }));
}

/** Sets the cookies with which the stream is fetched, too. */
export function openShare(token: string, body: Shown): Promise<SharedAsset> {
  return unwrap(api.POST('/share/{token}/open', { params: { path: { token } }, body }));
}
