import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { assetKeys } from '@/shared/assets/keys';
import { showDone } from '@/shared/ui/toast';
import { fetchShares, makeShare, revokeShare, type NewShare } from '../api/shares';

export function useShares(assetId: string) {
  // Opens are counted while nobody tells this page.
  return useQuery({ queryKey: assetKeys.shares(assetId), queryFn: () => fetchShares(assetId), staleTime: 0 });
}

function useRefresh(assetId: string) {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: assetKeys.shares(assetId) });
    void client.invalidateQueries({ queryKey: assetKeys.history(assetId) });
  };
}

export function useMakeShare(assetId: string) {
  const refresh = useRefresh(assetId);
  return useMutation({
    mutationFn: (share: NewShare) => makeShare(assetId, share),
    onSuccess: refresh,
    meta: { handlesErrors: true },
  });
}

export function useRevokeShare(assetId: string) {
  const refresh = useRefresh(assetId);
  return useMutation({
    mutationFn: (shareId: string) => revokeShare(assetId, shareId),
    onSuccess: () => showDone('The link is revoked'),
    onSettled: refresh,
  });
}
