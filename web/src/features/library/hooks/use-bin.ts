import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Asset } from '@/shared/api/types';
import { removeFromBin } from '@/shared/assets/cache';
import { assetKeys } from '@/shared/assets/keys';
import { showDone } from '@/shared/ui/toast';
import { fetchBin, undelete } from '../api/bin';

export function useBin() {
  return useInfiniteQuery({
    queryKey: assetKeys.bin(),
    queryFn: ({ pageParam, signal }) => fetchBin(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextPageToken || null,
  });
}

interface Undelete {
  asset: Asset;
  parentId?: string;
  onConflict?: 'rename';
}

/** One asset, so that a refusal can be answered: a taken name, a folder that is in the bin itself. */
export function useUndelete() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ asset, ...given }: Undelete) => undelete(asset.id, given),
    onSuccess: (restored) => {
      removeFromBin(client, [restored.id]);
      void client.invalidateQueries({ queryKey: assetKeys.all });
      showDone(`“${restored.displayName}” is back`);
    },
    meta: { handlesErrors: true },
  });
}
