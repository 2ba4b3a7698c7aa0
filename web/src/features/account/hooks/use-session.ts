import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { onSignedOut } from '@/shared/api/session';
import { dropSession, sessionQuery, signIn, signOut } from '../api/account';

export function useSession() {
  const client = useQueryClient();
  useEffect(() => onSignedOut(() => dropSession(client)), [client]);
  return useQuery(sessionQuery);
}

interface Credentials {
  username: string;
  password: string;
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ username, password }: Credentials) => signIn(username, password),
    onSuccess: (user) => client.setQueryData(sessionQuery.queryKey, user),
    meta: { handlesErrors: true },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({ mutationFn: signOut, onSuccess: () => dropSession(client) });
}
