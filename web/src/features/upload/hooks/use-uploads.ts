import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { assetKeys } from '@/shared/assets/keys';
import { useStore } from '@/shared/lib/store';
import type { UploadItem } from '../model/item';
import { isUnfolded, panelState } from '../model/panel-state';
import { uploadQueue } from '../model/queue';

export function useUploads(): UploadItem[] {
  return useStore(uploadQueue.items);
}

export function usePanelUnfolded(): boolean {
  const items = useUploads();
  return isUnfolded(useStore(panelState), items);
}

/** Lists are asked again soon after something arrived in them, once for many files. */
const settleMs = 800;

/** Runs the queue while this user is signed in. */
export function useUploadSession(userId: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const changed = new Set<string>();
    const arrived = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    uploadQueue.onChanged = (parentId, asset) => {
      if (asset) {
        client.setQueryData(assetKeys.item(asset.id), asset);
        // A small file may be processed, and that be told, before the answer to its upload is here.
        arrived.add(asset.id);
      }
      changed.add(parentId);
      timer ??= setTimeout(() => {
        timer = undefined;
        changed.forEach((id) => void client.invalidateQueries({ queryKey: assetKeys.children(id) }));
        arrived.forEach((id) => void client.invalidateQueries({ queryKey: assetKeys.item(id), exact: true }));
        changed.clear();
        arrived.clear();
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
