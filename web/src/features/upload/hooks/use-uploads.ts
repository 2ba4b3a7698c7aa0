import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { assetKeys } from '@/shared/assets/keys';
import { useStore } from '@/shared/lib/store';
import type { UploadItem } from '../model/item';
import { uploadQueue } from '../model/queue';

export function useUploads(): UploadItem[] {
  return useStore(uploadQueue.items);
}

/** Lists are asked again soon after something arrived in them, once for many files. */
const settleMs = 800;

/** Runs the queue while this user is signed in. */
export function useUploadSession(userId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    uploadQueue.onChanged = (parentId, asset) => {
      if (asset) client.setQueryData(assetKeys.item(asset.id), asset);
      changed.add(parentId);
      timer ??= setTimeout(() => {
        timer = undefined;
        changed.forEach((id) => void client.invalidateQueries({ queryKey: assetKeys.children(id) }));
        changed.clear();
      }, settleMs);
    };
    const end = uploadQueue.begin();
    return () => {
      clearTimeout(timer);
      uploadQueue.onChanged = () => {};
      end();
    };
  }, [client, userId]);
}
