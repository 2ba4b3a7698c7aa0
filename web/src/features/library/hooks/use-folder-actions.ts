import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Asset } from '@/shared/api/types';
import { patchAsset, removeAsset, restoreLists, snapshotLists } from '@/shared/assets/cache';
import { assetKeys } from '@/shared/assets/keys';
import { showDone, showError } from '@/shared/ui/toast';
import { createFolder, moveToBin, renameAsset, renameBeside } from '../api/folders';

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

/** Gone from the list at once, and back should the server refuse. */
export function useMoveToBin() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (asset: Asset) => moveToBin(asset.id),
    onMutate: async (asset) => {
      await client.cancelQueries({ queryKey: assetKeys.allChildren() });
      const before = snapshotLists(client);
      removeAsset(client, asset.id);
      return before;
    },
    onError: (error, asset, before) => {
      if (before) restoreLists(client, before);
      showError(error, `“${asset.displayName}” could not be moved to the bin`);
    },
    onSuccess: (_nothing, asset) => {
      showDone(`“${asset.displayName}” was moved to the bin`);
      if (asset.parentId) void client.invalidateQueries({ queryKey: assetKeys.children(asset.parentId) });
    },
    meta: { handlesErrors: true },
  });
}
