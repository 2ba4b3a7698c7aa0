import { Button } from '@mantine/core';
import { ArchiveRestore, Trash2 } from 'lucide-react';
import { useMemo, useState, type ReactNode } from 'react';
import type { Asset } from '@/shared/api/types';
import { formatCount, formatDate } from '@/shared/format/format';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { useBatch } from '../hooks/use-batch';
import { useBin, useUndelete } from '../hooks/use-bin';
import { loadEverything, noListing, toListing } from '../hooks/use-listing';
import { AssetList } from './asset-list';
import type { ExtraAction } from './asset-menu';
import { UndeleteDialog } from './undelete-dialog';

interface Props {
  empty: ReactNode;
  /** The page's header, which holds what empties the bin. */
  header: (emptyButton: ReactNode) => ReactNode;
}

/** What was moved to the bin, the newest first: back to where it was, or gone for good. */
export function BinBrowser({ empty, header }: Props) {
  const bin = useBin();
  const batch = useBatch();
  const restore = useUndelete();
  const [refused, setRefused] = useState<{ asset: Asset; error: unknown } | null>(null);
  const [deleting, setDeleting] = useState<Asset[] | null>(null);
  const files = useMemo(() => toListing(bin), [bin]);

  const restoreAll = (assets: Asset[]) => {
    const only = assets[0];
    if (assets.length === 1 && only) {
      restore.mutate({ asset: only }, { onError: (error) => setRefused({ asset: only, error }) });
    } else batch.mutate({ action: 'Undelete', assets });
  };
  const more: ExtraAction[] = [
    { label: 'Restore', icon: ArchiveRestore, run: restoreAll },
    { label: 'Delete for good', icon: Trash2, run: setDeleting },
  ];
  const one = deleting?.length === 1 ? deleting[0] : undefined;
  return (
    <>
      {header(
        files.items.length > 0 && (
          <Button
            variant="default"
            leftSection={<Trash2 size={16} />}
            onClick={() => void loadEverything(bin).then(setDeleting)}
          >
            Empty the bin
          </Button>
        ),
      )}
      <AssetList
        name="bin"
        label="What is in the bin"
        view="list"
        canEdit={false}
        links={false}
        more={more}
        noteOf={(asset) => `Deleted ${formatDate(asset.deletedAt)} · ${asset.path}`}
        empty={empty}
        pages={{
          folders: noListing,
          files,
          loadMore: () => {
            if (bin.hasNextPage && !bin.isFetchingNextPage && !bin.isError) void bin.fetchNextPage();
          },
          loadAll: () => loadEverything(bin),
          error: bin.error,
          retry: () => void bin.refetch(),
        }}
      />
      {refused && <UndeleteDialog {...refused} onClose={() => setRefused(null)} />}
      {deleting && deleting.length > 0 && (
        <ConfirmDialog
          title="Delete for good"
          confirm="Delete for good"
          onClose={() => setDeleting(null)}
          onConfirm={() => batch.mutate({ action: 'Delete', assets: deleting })}
        >
          {one ? `“${one.displayName}”` : formatCount(deleting.length, 'item')} will be deleted with all that is in{' '}
          {deleting.length === 1 ? 'it' : 'them'} and all former versions. This cannot be undone.
        </ConfirmDialog>
      )}
    </>
  );
}
