import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { CacheUpdater } from '@/shared/live/cache-updates';
import { connectLive, liveState } from '@/shared/live/live-connection';
import { refetchUnreached } from '../query-client';

/** Keeps everything cached in step with the server while somebody is signed in. */
export function useLiveUpdates(): void {
  const client = useQueryClient();
  useEffect(() => {
    const updater = new CacheUpdater(client);
    const disconnect = connectLive({
      onEvent: (event) => updater.apply(event),
      onGap: () => updater.resynchronise(),
    });
    // What could not be loaded while the server was away.
    const unsubscribe = liveState.subscribe(() => liveState.get() === 'open' && refetchUnreached(client));
    return () => {
      unsubscribe();
      disconnect();
      updater.stop();
    };
  }, [client]);
}
