/**
 * The browser's session: an HttpOnly cookie that this code cannot see, a readable CSRF token beside it, and the
 * renewing of both. Refresh tokens rotate and a reused one ends the whole session, so at most one tab renews at a
 * time: the others see that it has been done and go on.
 */

const lastRenewalKey = 'rv.session.renewedAt';
const expiryKey = 'rv.session.expiresAt';

/** Renew this long before the session's access token ends, so that pictures and playlists never see it end. */
const renewAheadMs = 60_000;

export function csrfToken(cookies: string = document.cookie): string | null {
  for (const pair of cookies.split(';')) {
    const [name, ...value] = pair.trim().split('=');
    if (name === 'rv_csrf') return decodeURIComponent(value.join('='));
  }
  return null;
}

type Listener = () => void;
const signedOutListeners = new Set<Listener>();

/** Called when the server no longer knows the session. Returns the function that ends the subscription. */
export function onSignedOut(listener: Listener): Listener {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

function readNumber(key: string): number {
  try {
    return Number(localStorage.getItem(key)) || 0;
  } catch {
    return 0;
  }
}

function write(key: string, value: number | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, String(value));
  } catch {
    // Storage may be forbidden; then each tab only knows of its own renewals.
  }
}

let lastRenewalHere = 0;

function lastRenewal(): number {
  return Math.max(lastRenewalHere, readNumber(lastRenewalKey));
}

export function noteSession(expiresInSeconds: number | undefined): void {
  lastRenewalHere = Date.now();
  write(lastRenewalKey, lastRenewalHere);
  write(expiryKey, expiresInSeconds ? Date.now() + expiresInSeconds * 1000 : null);
  scheduleRenewal();
}

export function forgetSession(): void {
  write(expiryKey, null);
  clearTimeout(renewalTimer);
}

async function postRefresh(): Promise<boolean> {
  const token = csrfToken();
  // The token lives as long as the session: without it nobody was signed in here.
  if (!token) return false;
  const response = await fetch('/account/refresh-token', {
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      'Content-Type': 'application/json',
      'X-Reelvault-Session': 'cookie',
      'X-CSRF-Token': token,
    },
    body: '{}',
  });
  if (response.ok) {
    const body = (await response.json().catch(() => ({}))) as { expiresIn?: number };
    noteSession(body.expiresIn);
    return true;
  }
  if (response.status >= 500 || response.status === 429) throw new TypeError('network: the session was not renewed');
  return false;
}

async function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks exist on https and localhost only. Elsewhere a random pause makes two tabs unlikely to coincide.
  if ('locks' in navigator && navigator.locks) return navigator.locks.request('rv-session', work);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
  return work();
}

let renewing: Promise<boolean> | null = null;

/**
 * Renews the session unless that was done after `since`. True: the caller may try again; false: it is signed out.
 * Rejects when the server cannot be reached, which says nothing about the session.
 */
export function renewSession(since: number): Promise<boolean> {
  if (lastRenewal() > since) return Promise.resolve(true);
  renewing ??= oneTabAtATime(async () => (lastRenewal() > since ? true : postRefresh())).finally(() => {
    renewing = null;
  });
  return renewing.then((renewed) => {
    if (!renewed) {
      forgetSession();
      signedOutListeners.forEach((listener) => listener());
    }
    return renewed;
  });
}

let renewalTimer: ReturnType<typeof setTimeout> | undefined;

/** Keeps the session alive ahead of its end while the page is open; does nothing when nobody is signed in. */
export function scheduleRenewal(): void {
  clearTimeout(renewalTimer);
  const seenAt = lastRenewal();
  // Signed in by a redirect, which cannot say how long the session lasts: that is known after the first renewal.
  const unknown = !readNumber(expiryKey) && csrfToken() !== null;
  const expiresAt = unknown ? Date.now() : readNumber(expiryKey);
  if (!expiresAt) return;
  const lifetime = Math.max(expiresAt - seenAt, 0);
  const dueAt = expiresAt - Math.min(renewAheadMs, lifetime / 4);
  const delay = Math.min(Math.max(dueAt - Date.now(), 1000), 2_000_000_000);
  renewalTimer = setTimeout(() => {
    // Another tab may have been quicker; then the expiry has moved on and this only waits again.
    if (lastRenewal() > seenAt) return scheduleRenewal();
    renewSession(seenAt).catch(() => {
      renewalTimer = setTimeout(scheduleRenewal, 15_000);
    });
  }, delay);
}
