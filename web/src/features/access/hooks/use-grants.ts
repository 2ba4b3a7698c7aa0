import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { assetKeys } from '@/shared/assets/keys';
import { fetchAssetGrants, fetchFolder } from '../api/grants';

export function useAssetGrants(id: string) {
  return useQuery({ queryKey: ['grants', id], queryFn: () => fetchAssetGrants(id), gcTime: 0 });
}

/** The folder, where the reader manages it. */
export function useShareable(id: string | null) {
  const found = useQuery({
    queryKey: assetKeys.detail(id ?? ''),
    queryFn: () => fetchFolder(id ?? ''),
    enabled: id !== null,
    retry: false,
  }).data;
  return found?.permissions.manage ? found : undefined;
}

/** A change of grants: who may what is asked for again, wherever it is shown. */
export function useGrantChange<Given, Result>(change: (given: Given) => Promise<Result>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all(
        [['grants'], ['access'], ['admin', 'grants']].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
    meta: { handlesErrors: true },
  });
}
