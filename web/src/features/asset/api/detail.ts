import { api, unwrap } from '@/shared/api/client';
import type { AssetDetail, Job } from '@/shared/api/types';

export function fetchDetail(id: string): Promise<AssetDetail> {
  return unwrap(api.GET('/asset/{id}/detail', { params: { path: { id } } }));
}

export async function fetchJobs(assetId: string): Promise<{ items: Job[] }> {
  return unwrap(api.GET('/asset/{assetId}/job-history', { params: { path: { assetId } } }));
}
