import { Skeleton, Text } from '@mantine/core';
import { Link } from 'react-router-dom';
import type { Asset } from '@/shared/api/types';
import { MediaIcon } from '@/shared/ui/media-icon';
import classes from './roots-grid.module.css';

export function RootsGrid({ roots }: { roots: Asset[] | undefined }) {
  return (
    <div className={classes.grid}>
      {!roots && [0, 1, 2].map((n) => <Skeleton key={n} height={92} radius="md" />)}
      {roots?.map((root) => (
        <Link key={root.id} to={`/folder/${root.id}`} className={classes.root}>
          <span className={classes.icon}>
            <MediaIcon asset={root} size={22} />
          </span>
          <span className={classes.text}>
            <Text fw={600} truncate>
              {root.displayName}
            </Text>
            <Text size="xs" c="dimmed" truncate>
              {root.description || root.path}
            </Text>
          </span>
        </Link>
      ))}
    </div>
  );
}
