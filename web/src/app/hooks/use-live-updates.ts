import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { CacheUpdater } from '@/shared/live/cache-updates';
import { connectLive } from '@/shared/live/live-connection';

/** Keeps everything cached in step with the server while somebody is signed in. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const updater = new CacheUpdater(client);
    const disconnect = connectLive({
      onEvent: (event) => updater.apply(event),
      onGap: () => updater.resynchronise(),
    });
    return () => {
      disconnect();
      updater.stop();
    };
  }, [client]);
}
