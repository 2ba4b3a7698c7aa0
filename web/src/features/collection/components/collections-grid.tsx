import { Button } from '@mantine/core';
import { Library } from 'lucide-react';
import type { ReactNode } from 'react';
import { formatCount } from '@/shared/format/format';
import { ErrorState } from '@/shared/ui/error-state';
import { PlaceCard, PlaceGrid } from '@/shared/ui/place-grid';
import { useCollections } from '../hooks/use-collections';

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
    <PlaceGrid loading={!collections}>
      {collections?.map((collection) => {
        const items = formatCount(collection.itemCount, 'item') + (collection.itemCountIsEstimate ? ' or more' : '');
        return (
          <PlaceCard
            key={collection.id}
            to={`/collection/${collection.id}`}
            icon={<Library size={22} aria-hidden />}
            name={collection.name}
            text={[items, collection.description].filter(Boolean).join(' · ')}
          />
        );
      })}
      {pages.hasNextPage && (
        <Button variant="subtle" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show more
        </Button>
      )}
    </PlaceGrid>
  );
}
