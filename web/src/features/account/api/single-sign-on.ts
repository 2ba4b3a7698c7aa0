import { queryOptions } from '@tanstack/react-query';

export interface SignInOffer {
  enabled: boolean;
  label: string | null;
  loginUrl: string | null;
}

const none: SignInOffer = { enabled: false, label: null, loginUrl: null };

/** Whether one can sign in at somebody else's. What cannot be found out is not offered. */
export const signInOfferQuery = queryOptions({
  queryKey: ['sign-in-offer'],
  staleTime: 5 * 60_000,
  queryFn: async (): Promise<SignInOffer> => {
    const response = await fetch('/account/oidc', { headers: { Accept: 'application/json' } });
    return response.ok ? ((await response.json()) as SignInOffer) : none;
  },
  meta: { handlesErrors: true },
});

/** Where the browser goes to sign in, to come back to `next`, a path of this app. */
export function signInAddress(loginUrl: string, next: string): string {
  const app = import.meta.env.BASE_URL.replace(/\/$/, '');
  // What is in an address is encoded there, whoever wrote it.
  const { pathname, search, hash } = new URL(app + next, 'https://this.server');
  return `${loginUrl}?returnTo=${encodeURIComponent(pathname + search + hash)}`;
}

const failures = new Map([
  ['expired', 'That sign-in took too long or was begun elsewhere. Try again.'],
  ['refused', 'The sign-in was declined.'],
  ['disabled', 'Your account here is disabled. Ask an administrator.'],
  ['unavailable', 'The sign-in service cannot be reached at the moment.'],
]);

/** The server's one word for why a sign-in failed, as a sentence. */
export function explainFailure(word: string | null): string | null {
  if (!word) return null;
  return failures.get(word) ?? 'The sign-in did not succeed. Try again.';
}
