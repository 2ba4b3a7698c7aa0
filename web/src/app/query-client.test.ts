import { QueryObserver } from '@tanstack/react-query';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '@/shared/api/problem';
import { createQueryClient, refetchUnreached } from './query-client';

describe('refetchUnreached', () => {
  it('asks again for what could not be reached, and not for what was refused', async () => {
    const client = createQueryClient();
    const lost = vi.fn().mockRejectedValueOnce(new TypeError('Failed to fetch')).mockResolvedValue('here');
    const refused = vi.fn().mockRejectedValue(new ApiError({ status: 404, title: 'Not found' }));
    const stops = [
      new QueryObserver(client, { queryKey: ['lost'], queryFn: lost, retry: false }).subscribe(() => undefined),
      new QueryObserver(client, { queryKey: ['refused'], queryFn: refused, retry: false }).subscribe(() => undefined),
    ];
    await vi.waitFor(() => expect(client.getQueryState(['refused'])?.status).toBe('error'));
    await vi.waitFor(() => expect(client.getQueryState(['lost'])?.status).toBe('error'));
    refetchUnreached(client);
    await vi.waitFor(() => expect(client.getQueryData(['lost'])).toBe('here'));
    expect(lost).toHaveBeenCalledTimes(2);
    expect(refused).toHaveBeenCalledTimes(1);
    stops.forEach((stop) => stop());
  });
});
