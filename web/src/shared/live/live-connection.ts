/**
 * The event stream. The browser resumes a broken one by itself with Last-Event-ID; where it gives up (an ended session,
 * a server that is away) this opens a new one after a while and says that there was a gap. A hidden tab lets go of its
 * stream, since browsers allow only six connections to a server over all tabs.
 */
import { renewSession } from '../api/session';
import { createStore, type Store } from '../lib/store';
import { parseLiveEvent, type LiveEvent } from './live-event';

export type LiveState = 'connecting' | 'open' | 'down';

export const liveState: Store<LiveState> = createStore<LiveState>('connecting');

const hiddenGraceMs = 60_000;
const kinds: LiveEvent['kind'][] = ['asset', 'job', 'upload', 'batch'];

interface Handlers {
  onEvent: (event: LiveEvent) => void;
  onGap: () => void;
}

export function connectLive({ onEvent, onGap }: Handlers): () => void {
  let source: EventSource | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let hide: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let openedBefore = false;
  let stopped = false;

  const open = () => {
    clearTimeout(retry);
    if (stopped || source) return;
    const startedAt = Date.now();
    const stream = new EventSource('/events', { withCredentials: true });
    source = stream;
    stream.onopen = () => {
      liveState.set('open');
      if (openedBefore && attempts >= 0) onGap();
      openedBefore = true;
      // From here on the browser reconnects this stream by itself and misses nothing.
      attempts = -1;
    };
    stream.onerror = () => {
      liveState.set('down');
      if (stream.readyState !== EventSource.CLOSED) return;
      source = null;
      attempts = Math.max(attempts, 0) + 1;
      const delay = Math.min(30_000, 1000 * 2 ** (attempts - 1)) * (0.75 + Math.random() / 2);
      retry = setTimeout(() => {
        // The stream does not tell why it was refused; an ended session is the usual reason.
        renewSession(startedAt).then(
          (signedIn) => signedIn && open(),
          () => open(),
        );
      }, delay);
    };
    for (const kind of kinds) {
      stream.addEventListener(kind, (message: MessageEvent<string>) => {
        const event = parseLiveEvent(kind, message.data);
        if (event) onEvent(event);
      });
    }
    for (const name of ['reset', 'resync']) stream.addEventListener(name, onGap);
  };

  const close = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
    attempts = 0;
  };

  const onVisibility = () => {
    clearTimeout(hide);
    if (document.visibilityState === 'hidden') hide = setTimeout(close, hiddenGraceMs);
    else open();
  };

  document.addEventListener('visibilitychange', onVisibility);
  open();
  return () => {
    stopped = true;
    clearTimeout(hide);
    document.removeEventListener('visibilitychange', onVisibility);
    close();
    liveState.set('connecting');
  };
}
