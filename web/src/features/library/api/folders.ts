import { api, unwrap } from '@/shared/api/client';
import { ApiError } from '@/shared/api/problem';
import type { Asset, AssetDetail, AssetItems, AssetPage } from '@/shared/api/types';
import type { ChildrenQuery } from '@/shared/assets/keys';
import { assetType } from '@/shared/assets/status';

/** Whoever goes on wants much of it. */
const firstPage = 100;
const furtherPage = 250;

/** A filtered page may come back empty though more follows: the server looks at a limited number of rows a page. */
const maxEmptyPages = 20;

export function fetchRoots(): Promise<AssetItems> {
  return unwrap(api.GET('/asset/roots'));
}

export function fetchAsset(id: string): Promise<Asset> {
  return unwrap(api.GET('/asset/{id}', { params: { path: { id } } }));
}

export function fetchDetail(id: string): Promise<AssetDetail> {
  return unwrap(api.GET('/asset/{id}/detail', { params: { path: { id } } }));
}

export async function fetchParents(id: string): Promise<Asset[]> {
  const { items } = await unwrap(api.GET('/asset/{id}/parent-folders', { params: { path: { id } } }));
  return items.filter((item) => item.id !== id);
}

export async function fetchChildren(
  id: string,
  { kind, sort, name }: ChildrenQuery,
  pageToken: string | null,
  signal?: AbortSignal,
): Promise<AssetPage> {
  let token = pageToken;
  for (let empty = 0; ; empty += 1) {
    const page: AssetPage = await unwrap(
      api.GET('/asset/{id}/children', {
        params: {
          path: { id },
          query: {
            pageSize: token ? furtherPage : firstPage,
            sort,
            assetType: kind === 'folders' ? assetType.folder : assetType.file,
            ...(token ? { pageToken: token } : {}),
            ...(name ? { name } : {}),
          },
        },
        signal,
      }),
    );
    if (page.items.length > 0 || !page.nextPageToken || empty === maxEmptyPages) return page;
    token = page.nextPageToken;
  }
}

export function createFolder(parentId: string, displayName: string, onConflict?: 'rename'): Promise<Asset> {
  return unwrap(
    api.POST('/admin/asset/{parentId}/create-folder', {
      params: { path: { parentId } },
      body: { displayName, ...(onConflict ? { onConflict } : {}) },
    }),
  );
}

export function renameAsset(id: string, displayName: string): Promise<Asset> {
  return unwrap(api.PATCH('/asset/{id}', { params: { path: { id } }, body: { displayName } }));
}

export interface NewClip {
  startTimecode: string;
  endTimecode: string;
  displayName?: string;
  mode: 'exact' | 'fast';
}

export function makeClip(id: string, clip: NewClip): Promise<Asset> {
  return unwrap(api.POST('/asset/{id}/clip', { params: { path: { id } }, body: clip }));
}

/** `film.mov` -> `film (2).mov`, as the server names what it renames. */
export function numberedName(name: string, number: number, keepExtension: boolean): string {
  const dot = keepExtension ? name.lastIndexOf('.') : -1;
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`;
}

const maxNumber = 50;

/** Renames to the first numbered form of the name that is free. */
export async function renameBeside(asset: Asset, displayName: string): Promise<Asset> {
  const file = asset.assetType === assetType.file;
  for (let number = 2; ; number += 1) {
    try {
      return await renameAsset(asset.id, numberedName(displayName, number, file));
    } catch (error) {
      const taken = error instanceof ApiError && error.is('name-taken');
      if (!taken || number === maxNumber) throw error;
    }
  }
}
