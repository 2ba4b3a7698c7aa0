import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { SharedAsset } from '@/shared/api/types';
import { fetchDoor, openShare } from '../api/shares';

const keyOf = (token: string) => ['share', token] as const;

/** What a link asks for, and, once it is open, what it shows. */
export function useSharedAsset(token: string) {
  const client = useQueryClient();
  const door = useQuery({ queryKey: [...keyOf(token), 'door'], queryFn: () => fetchDoor(token), staleTime: Infinity });
  const open = useMutation({
    mutationFn: (password: string | undefined) => openShare(token, { password }),
    onSuccess: (shared) => client.setQueryData<SharedAsset>([...keyOf(token), 'open'], shared),
    meta: { handlesErrors: true },
  });
  // Without a password it opens by itself.
  const free = useQuery({
    queryKey: [...keyOf(token), 'open'],
    queryFn: () => openShare(token, {}),
    enabled: door.data?.passwordRequired === false,
    staleTime: Infinity,
    gcTime: Infinity,
  });
  const { mutateAsync } = open;
  return {
    error: door.error ?? free.error,
    locked: door.data?.passwordRequired === true && !free.data,
    unlock: useCallback((password: string) => mutateAsync(password), [mutateAsync]),
    shared: free.data,
  };
}

/** Renews the cookies of the stream without the password; gives until when they are good. */
export async function renewShare(token: string, pass: string): Promise<{ expiresAt: number }> {
  return { expiresAt: Date.parse((await openShare(token, { pass })).urlsExpireAt) };
}

/** The address of the original, made for this very click. */
export async function freshDownload(token: string, pass: string): Promise<string | null> {
  return (await openShare(token, { pass })).downloadUrl;
}
