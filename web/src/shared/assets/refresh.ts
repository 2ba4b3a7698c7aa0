import type { QueryClient } from '@tanstack/react-query';
import { api, unwrap } from '../api/client';
import { ApiError } from '../api/problem';
import type { Asset } from '../api/types';
import { isListed, leaveFolders, patchAsset, removeAssets } from './cache';
import { assetKeys } from './keys';

/** Asks anew for an asset that may have changed, in all places where it is shown; nothing where it is not. */
export async function refreshAsset(client: QueryClient, id: string): Promise<void> {
  const detail = client.invalidateQueries({ queryKey: assetKeys.detail(id), refetchType: 'active' });
  const watched = isListed(client, id) || client.getQueryData(assetKeys.item(id)) !== undefined;
  if (watched) {
    try {
      const asset: Asset = await unwrap(api.GET('/asset/{id}', { params: { path: { id } } }));
      if (asset.parentId) leaveFolders(client, [id], asset.parentId);
      patchAsset(client, id, asset);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) removeAssets(client, [id]);
    }
  }
  await detail;
}
