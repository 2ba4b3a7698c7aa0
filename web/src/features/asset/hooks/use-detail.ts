import { useQuery } from '@tanstack/react-query';
import { assetKeys } from '@/shared/assets/keys';
import { statusLook } from '@/shared/assets/status';
import { liveState } from '@/shared/live/live-connection';
import { fetchDetail, fetchJobs } from '../api/detail';

/** How often to look while work is under way and live events do not come. */
const pollMs = 4000;

export function useDetail(id: string) {
  return useQuery({
    queryKey: assetKeys.detail(id),
    queryFn: () => fetchDetail(id),
    refetchInterval: ({ state }) =>
      liveState.get() === 'down' && state.data && statusLook(state.data.assetStatus).busy ? pollMs : false,
  });
}

export function useJobs(id: string, enabled: boolean) {
  return useQuery({ queryKey: assetKeys.jobs(id), queryFn: () => fetchJobs(id), enabled });
}
