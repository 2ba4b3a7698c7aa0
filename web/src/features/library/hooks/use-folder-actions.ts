import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Asset } from '@/shared/api/types';
import { patchAsset } from '@/shared/assets/cache';
import { assetKeys } from '@/shared/assets/keys';
import { createFolder, renameAsset, renameBeside } from '../api/folders';

interface NewFolder {
  displayName: string;
  onConflict?: 'rename';
}

export function useCreateFolder(parentId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ displayName, onConflict }: NewFolder) => createFolder(parentId, displayName, onConflict),
    onSuccess: () => client.invalidateQueries({ queryKey: assetKeys.children(parentId) }),
    meta: { handlesErrors: true },
  });
}

interface Rename {
  displayName: string;
  keepBoth: boolean;
}

/** Shows the new name at once and takes it back when the server refuses. */
export function useRename(asset: Asset) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ displayName, keepBoth }: Rename) =>
      keepBoth ? renameBeside(asset, displayName) : renameAsset(asset.id, displayName),
    onMutate: ({ displayName, keepBoth }) => {
      if (!keepBoth) patchAsset(client, asset.id, { displayName });
    },
    onError: () => patchAsset(client, asset.id, { displayName: asset.displayName }),
    onSuccess: (renamed) => {
      patchAsset(client, asset.id, renamed);
      if (renamed.parentId) void client.invalidateQueries({ queryKey: assetKeys.children(renamed.parentId) });
      if (asset.assetType !== 2) void client.invalidateQueries({ queryKey: ['asset', 'parents'] });
      if (!renamed.parentId) void client.invalidateQueries({ queryKey: assetKeys.roots() });
    },
    meta: { handlesErrors: true },
  });
}
