import { api, unwrap } from '@/shared/api/client';
import type { Asset, OpenUpload, Upload, UploadStartRequest } from '@/shared/api/types';
import { assetType } from '@/shared/assets/status';

export function startUpload(body: UploadStartRequest): Promise<Upload> {
  return unwrap(api.POST('/asset/upload/start', { body }));
}

export function fetchUpload(id: string): Promise<Upload> {
  return unwrap(api.GET('/asset/upload/{id}', { params: { path: { id } } }));
}

export async function fetchOpenUploads(): Promise<OpenUpload[]> {
  const found: OpenUpload[] = [];
  for (let token: string | null = null; ;) {
    const page: { items: OpenUpload[]; nextPageToken?: string | null } = await unwrap(
      api.GET('/asset/upload', { params: { query: { pageSize: 200, ...(token ? { pageToken: token } : {}) } } }),
    );
    found.push(...page.items);
    if (!page.nextPageToken || found.length >= 1000) return found;
    token = page.nextPageToken;
  }
}

export async function completePart(partId: string, etag: string): Promise<void> {
  await unwrap(api.POST('/asset/upload/part/{id}/complete', { params: { path: { id: partId } }, body: { etag } }));
}

/** The document leaves the answer open, since an upload of a related file answers with that. */
export async function completeUpload(id: string): Promise<Asset> {
  return (await unwrap(api.POST('/asset/upload/{id}/complete', { params: { path: { id } } }))) as Asset;
}

export async function cancelUpload(id: string): Promise<void> {
  await unwrap(api.POST('/asset/upload/{id}/cancel', { params: { path: { id } } }));
}

export function createFolder(parentId: string, displayName: string): Promise<Asset> {
  return unwrap(
    api.POST('/admin/asset/{parentId}/create-folder', { params: { path: { parentId } }, body: { displayName } }),
  );
}

/** The folder of exactly this name; the filter of the list may match more than that. */
export async function findFolder(parentId: string, displayName: string): Promise<Asset | undefined> {
  for (let token: string | null = null; ;) {
    const page: { items: Asset[]; nextPageToken?: string | null } = await unwrap(
      api.GET('/asset/{id}/children', {
        params: {
          path: { id: parentId },
          query: {
            assetType: assetType.folder,
            name: displayName,
            pageSize: 500,
            ...(token ? { pageToken: token } : {}),
          },
        },
      }),
    );
    const name = displayName.normalize('NFC');
    const found = page.items.find((item) => item.displayName.normalize('NFC') === name);
    if (found || !page.nextPageToken) return found;
    token = page.nextPageToken;
  }
}
