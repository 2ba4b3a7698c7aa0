import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { ErrorState } from '@/shared/ui/error-state';
import { useTagPages } from '../hooks/use-collections';
import classes from './tag-cloud.module.css';

interface Props {
  prefix: string;
  empty: ReactNode;
}

/** Every tag with how often one meets it; each leads to what has it. */
export function TagCloud({ prefix, empty }: Props) {
  const pages = useTagPages(prefix);
  if (pages.error) return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  if (pages.isPending) return <Skeleton height={120} m={24} />;
  const tags = pages.data.pages.flatMap((page) => page.items);
  if (tags.length === 0) return <>{empty}</>;
  return (
    <div className={classes.scroll}>
      <ul className={classes.tags}>
        {tags.map((tag) => (
          <li key={tag.name}>
            <Link to={`/search?tag=${encodeURIComponent(tag.name)}`} className={classes.tag}>
              <span className={classes.name}>{tag.name}</span>
              <span className={`${classes.count} rv-tabular`}>
                {tag.count.toLocaleString('en-GB')}
                {tag.countIsEstimate ? '+' : ''}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <Button variant="subtle" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          Show more
        </Button>
      )}
    </div>
  );
}
