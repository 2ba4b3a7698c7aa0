/** Parts of the page come when they are wanted; this tells why one did not. */
import { useEffect, useState } from 'react';

/** Each browser says it in its own words, and Vite in others of a style sheet. */
export function isUnloadedPart(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module|module script|preload CSS/i.test(error.message)
  );
}

const probeMs = 3000;

/** Whether the server answers; null until that is known. It is asked again until it does, and then told. */
export function useReachable(asking: boolean, onReturn: () => void): boolean | null {
  const [reachable, setReachable] = useState<boolean | null>(null);
  useEffect(() => {
    if (!asking) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const probe = async (away: boolean) => {
      const answers = await fetch('/readyz', { cache: 'no-store' }).then(
        ({ ok }) => ok,
        () => false,
      );
      if (stopped) return;
      setReachable(answers);
      if (!answers) timer = setTimeout(() => void probe(true), probeMs);
      else if (away) onReturn();
    };
    void probe(false);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [asking, onReturn]);
  return reachable;
}
