import type { Asset } from '@/shared/api/types';
import { MediaIcon } from '@/shared/ui/media-icon';
import { PlaceCard, PlaceGrid } from '@/shared/ui/place-grid';

export function RootsGrid({ roots }: { roots: Asset[] | undefined }) {
  return (
    <PlaceGrid loading={!roots}>
      {roots?.map((root) => (
        <PlaceCard
          key={root.id}
          to={`/folder/${root.id}`}
          icon={<MediaIcon asset={root} size={22} />}
          name={root.displayName}
          text={root.description || root.path}
        />
      ))}
    </PlaceGrid>
  );
}
