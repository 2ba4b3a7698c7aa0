import { Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { liveState } from '@/shared/live/live-connection';
import { useStore } from '@/shared/lib/store';
import classes from './live-notice.module.css';

const patienceMs = 6000;

/** Says that the server cannot be reached, once that has lasted; short gaps are nobody's business. */
export function LiveNotice() {
  const down = useStore(liveState) === 'down';
  return down ? <AfterAWhile /> : null;
}

function AfterAWhile() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), patienceMs);
    return () => clearTimeout(timer);
  }, []);
  if (!long) return null;
  return (
    <div className={classes.notice} role="status">
      <Loader size={12} color="currentColor" aria-hidden />
      The connection to the server was lost. Trying again…
    </div>
  );
}
