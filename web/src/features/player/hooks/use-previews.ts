import { useQuery } from '@tanstack/react-query';
import { fetchPeaks, fetchSprites } from '../api/streaming';

// Their URLs hold the content version: what was fetched once stays right.

export function useSprites(url: string | null | undefined) {
  return useQuery({
    queryKey: ['media', 'sprites', url],
    queryFn: () => fetchSprites(url ?? ''),
    enabled: Boolean(url),
    staleTime: Infinity,
    retry: 1,
  });
}

export function usePeaks(url: string | null | undefined) {
  return useQuery({
    queryKey: ['media', 'peaks', url],
    queryFn: () => fetchPeaks(url ?? ''),
    enabled: Boolean(url),
    staleTime: Infinity,
    retry: 1,
  });
}
