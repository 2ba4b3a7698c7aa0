import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { patchAsset } from '@/shared/assets/cache';
import { assetKeys } from '@/shared/assets/keys';
import { showDone } from '@/shared/ui/toast';
import { changeAsset, fetchHistory, revertTo, type AssetChange } from '../api/changes';

export function useChangeAsset(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: AssetChange) => changeAsset(id, change),
    onSuccess: (changed) => {
      patchAsset(client, id, changed);
      void client.invalidateQueries({ queryKey: assetKeys.history(id) });
      void client.invalidateQueries({ queryKey: ['vocabulary'] });
    },
    meta: { handlesErrors: true },
  });
}

export function useRevert(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (version: number) => revertTo(id, version),
    onSuccess: (changed, version) => {
      patchAsset(client, id, changed);
      void client.invalidateQueries({ queryKey: assetKeys.detail(id) });
      void client.invalidateQueries({ queryKey: assetKeys.history(id) });
      showDone(`Version ${version} is the newest again, as version ${changed.version}`);
    },
  });
}

export function useHistory(id: string) {
  return useQuery({ queryKey: assetKeys.history(id), queryFn: () => fetchHistory(id) });
}
