import { Button, Skeleton, Text } from '@mantine/core';
import { Library } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { formatCount } from '@/shared/format/format';
import { ErrorState } from '@/shared/ui/error-state';
import { useCollections } from '../hooks/use-collections';
import classes from './collections-grid.module.css';

interface Props {
  filter: string;
  empty: ReactNode;
}

export function CollectionsGrid({ filter, empty }: Props) {
  const pages = useCollections(filter);
  if (pages.error) return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  const collections = pages.data?.pages.flatMap((page) => page.items);
  if (collections?.length === 0) return <>{empty}</>;
  return (
    <div className={classes.grid}>
      {!collections && [0, 1, 2].map((n) => <Skeleton key={n} height={92} radius="md" />)}
      {collections?.map((collection) => (
        <Link key={collection.id} to={`/collection/${collection.id}`} className={classes.card}>
          <span className={classes.icon}>
            <Library size={22} aria-hidden />
          </span>
          <span className={classes.text}>
            <Text fw={600} truncate>
              {collection.name}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {formatCount(collection.itemCount, 'item')}
              {collection.itemCountIsEstimate ? ' or more' : ''}
              {collection.description ? ` · ${collection.description}` : ''}
            </Text>
          </span>
        </Link>
      ))}
      {pages.hasNextPage && (
        <Button variant="subtle" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}
