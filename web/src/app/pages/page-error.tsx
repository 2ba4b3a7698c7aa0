import { Button, Loader } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { useRouteError } from 'react-router-dom';
import { uploadQueue } from '@/features/upload/model/queue';
import { summarise } from '@/features/upload/model/item';
import { describeError } from '@/shared/api/problem';
import { EmptyState } from '@/shared/ui/empty-state';
import { isUnloadedPart, useReachable } from './unloaded-part';

const reload = () => window.location.reload();

/** Uploads would be interrupted: then it is for the person to say when. */
const reloadIfIdle = () => {
  if (summarise(uploadQueue.items.get()).unfinished === 0) reload();
};

/** The page itself broke, or a part of it could not be loaded: the server is away, or was updated. */
export function PageError() {
  const error = useRouteError();
  const unloaded = isUnloadedPart(error);
  const reachable = useReachable(unloaded, reloadIfIdle);
  if (unloaded && reachable === null) return <EmptyState page icon={<Loader size={24} />} title="Loading…" />;
  const said = unloaded
    ? ofUnloaded(reachable === true)
    : { title: 'The page broke', detail: describeError(error).detail };
  return (
    <EmptyState
      page
      icon={<CircleAlert size={28} />}
      title={said.title}
      action={<Button onClick={reload}>Load it again</Button>}
    >
      {said.detail}
    </EmptyState>
  );
}

function ofUnloaded(reachable: boolean) {
  return reachable
    ? { title: 'This page has to be loaded again', detail: 'The server was updated or away while you were here.' }
    : { title: 'The server cannot be reached', detail: 'This page tries again by itself.' };
}
