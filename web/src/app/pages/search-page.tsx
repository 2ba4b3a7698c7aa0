import { Drawer, Text } from '@mantine/core';
import { useDisclosure, useDocumentTitle } from '@mantine/hooks';
import { SearchX } from 'lucide-react';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router-dom';
import { AssetList } from '@/features/library/components/asset-list';
import { useFolder } from '@/features/library/hooks/use-folder';
import { loadEverything, noListing, toListing } from '@/features/library/hooks/use-listing';
import { useViewSettings } from '@/features/library/hooks/use-view-settings';
import { ViewSwitch } from '@/features/library/components/folder-toolbar';
import { Facets } from '@/features/search/components/facets';
import { highlightsOf } from '@/features/search/components/highlights';
import { SearchBox } from '@/features/search/components/search-box';
import { SearchToolbar } from '@/features/search/components/search-toolbar';
import { useSearch } from '@/features/search/hooks/use-search';
import { addressOf, criteriaFrom, type Criteria } from '@/features/search/model/criteria';
import type { SearchHit } from '@/shared/api/types';
import { EmptyState } from '@/shared/ui/empty-state';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';
import classes from './search-page.module.css';

export function SearchPage() {
  const { canEdit } = useShell();
  const [address, setAddress] = useSearchParams();
  const criteria = useMemo(() => criteriaFrom(address), [address]);
  const onCriteria = (next: Criteria) => setAddress(addressOf(next));
  const folder = useFolder(criteria.folderId ?? '', criteria.folderId !== null);
  const found = useSearch(criteria);
  const files = useMemo(() => toListing(found), [found]);
  const [settings, setSettings] = useViewSettings();
  const [filtering, filters] = useDisclosure(false);
  useDocumentTitle(`${criteria.query || 'Search'} · Reelvault`);

  const first = found.data?.pages[0];
  const facets = first && <Facets facets={first.facets} criteria={criteria} onCriteria={onCriteria} />;
  return (
    <>
      <PageHeader
        tall
        path={
          <>
            <h1 className="rv-visually-hidden">Search</h1>
            <SearchBox
              className={classes.box}
              current={criteria.query}
              autoFocus={!criteria.query && address.size === 0}
              folder={folder.data}
              onSearch={({ query = '', tag, folderId, suggested }) =>
                onCriteria({
                  ...criteria,
                  query,
                  folderId: folderId === undefined ? criteria.folderId : folderId,
                  chosen: tag ? { tags: [tag] } : suggested ? {} : criteria.chosen,
                })
              }
            />
          </>
        }
        actions={
          <>
            <SearchToolbar
              criteria={criteria}
              folderName={folder.data?.displayName}
              onCriteria={onCriteria}
              onFilters={filters.open}
            />
            <ViewSwitch settings={settings} onSettings={setSettings} />
          </>
        }
      />
      <div className={classes.body}>
        <aside className={classes.facets} aria-label="Filters">
          {facets}
        </aside>
        <AssetList
          name={`search:${address.toString()}`}
          label="What was found"
          view={settings.view}
          canEdit={canEdit}
          noteOf={(asset) => ('highlights' in asset ? highlightsOf(asset as SearchHit) : undefined)}
          pages={{
            folders: noListing,
            files,
            loadMore: () => {
              if (found.hasNextPage && !found.isFetchingNextPage && !found.isError) void found.fetchNextPage();
            },
            loadAll: () => loadEverything(found),
            error: found.error,
            retry: () => void found.refetch(),
          }}
          empty={
            <EmptyState icon={<SearchX size={28} strokeWidth={1.6} />} title="Nothing was found">
              Fewer words or filters find more. “Words in quotation marks” are a phrase, begin* finds what begins so,
              and -without leaves out.
            </EmptyState>
          }
        >
          {criteria.query && first && first.items.length > 0 && (
            // The list has its own heading with the exact number.
            <Text
              size="xs"
              c="dimmed"
              className={first.totalIsEstimate ? classes.count : 'rv-visually-hidden'}
              role="status"
            >
              {first.totalItemCount.toLocaleString('en-GB')}
              {first.totalIsEstimate ? '+' : ''} found
            </Text>
          )}
        </AssetList>
      </div>
      <Drawer opened={filtering} onClose={filters.close} title="Filters" position="right" size={300}>
        {facets}
      </Drawer>
    </>
  );
}
