import { Skeleton } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import type { Asset } from '@/shared/api/types';
import { assetType } from '@/shared/assets/status';
import { ErrorState } from '@/shared/ui/error-state';
import { useMoveToBin } from '../hooks/use-folder-actions';
import { useListing } from '../hooks/use-listing';
import type { ViewSettings } from '../hooks/use-view-settings';
import { layoutRows, neighbour, rowOf, type Row } from '../model/rows';
import { FileCard, FolderCard } from './asset-card';
import { RenameDialog } from './asset-dialogs';
import type { AssetActions } from './asset-menu';
import { AssetRow, AssetRowHeader } from './asset-row';
import { BinDialog } from './bin-dialog';
import classes from './folder-browser.module.css';

interface Props {
  folderId: string;
  settings: ViewSettings;
  filter: string;
  canEdit: boolean;
  /** What is shown in a folder without anything in it. */
  empty: ReactNode;
  nothingFound: ReactNode;
}

const gap = 14;

/** Where each folder was scrolled to, so that coming back from an asset leads to the same place. */
const scrollOffsets = new Map<string, number>();

function columnsFor(width: number, least: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor((width + gap) / (least + gap))));
}

export function FolderBrowser({ folderId, settings, filter, canEdit, empty, nothingFound }: Props) {
  const { folders, files, loadMore, error, retry } = useListing(folderId, settings, filter);
  const [renaming, setRenaming] = useState<Asset | null>(null);
  const [binning, setBinning] = useState<Asset | null>(null);
  const bin = useMoveToBin();
  const actions: AssetActions = { canEdit, onRename: setRenaming, onBin: setBinning };

  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const phone = width > 0 && width < 560;
  const fileColumns = phone ? 2 : columnsFor(width, 208, 9);
  const folderColumns = phone ? 2 : columnsFor(width, 208, 7);
  const fileWidth = (width - gap * (fileColumns - 1)) / fileColumns;

  const rows = useMemo(
    () => layoutRows(folders, files, { view: settings.view, folderColumns, fileColumns }),
    [folders, files, settings.view, folderColumns, fileColumns],
  );
  const total = folders.total + files.total;

  const heightOf = (row: Row | undefined): number => {
    switch (row?.kind) {
      case 'label':
        return 40;
      case 'header':
        return 36;
      case 'folders':
        return settings.view === 'list' ? 54 : 52 + gap;
      case 'files':
        return settings.view === 'list' ? 54 : (fileWidth * 9) / 16 + 12 + 8 + 38 + gap;
      default:
        return 240;
    }
  };

  const scrollKey = `${folderId}:${settings.view}`;
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer changes in place; nothing here is memoised on it
  const virtual = useVirtualizer({
    count: width > 0 ? rows.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 4,
    initialOffset: () => scrollOffsets.get(scrollKey) ?? 0,
    paddingEnd: 96,
  });

  // Sizes follow from the width and the view alone, so they are told and not measured.
  useEffect(() => virtual.measure(), [virtual, fileWidth, settings.view]);

  const drawn = virtual.getVirtualItems();
  const endInSight = drawn.some((item) => rows[item.index]?.kind === 'loading');
  useEffect(() => {
    if (endInSight) loadMore();
  });

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const link = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = Number(link.dataset.index);
    const asset = index < folders.items.length ? folders.items[index] : files.items[index - folders.items.length];
    if (asset && canEdit && asset.assetType !== assetType.bucket) {
      if (event.key === 'F2') return setRenaming(asset);
      if (event.key === 'Delete') return setBinning(asset);
    }
    const next = neighbour(rows, index, event.key);
    if (next === index) return;
    event.preventDefault();
    virtual.scrollToIndex(rowOf(rows, next), { align: 'auto' });
    const focus = () => scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
    requestAnimationFrame(() => requestAnimationFrame(focus));
  };

  if (error && folders.items.length + files.items.length === 0) return <ErrorState error={error} onRetry={retry} />;
  const nothing = !folders.pending && !files.pending && folders.items.length + files.items.length === 0;

  return (
    <div
      ref={scroller}
      className={classes.scroller}
      onScroll={(event) => scrollOffsets.set(scrollKey, event.currentTarget.scrollTop)}
    >
      {nothing && (filter ? nothingFound : empty)}
      {/* The keys move the focus among the links inside; the list itself is never focused. */}
      {/* eslint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div className={classes.inset} onKeyDown={onKeyDown} hidden={nothing}>
        <div
          ref={sizeRef}
          role="list"
          aria-label="Contents of the folder"
          style={{ height: virtual.getTotalSize() }}
          className={classes.canvas}
        >
          {drawn.map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <div
                  key={item.key}
                  role={row.kind === 'folders' || row.kind === 'files' ? 'presentation' : 'listitem'}
                  className={classes.row}
                  style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                >
                  <RowView
                    row={row}
                    view={settings.view}
                    columns={row.kind === 'folders' ? folderColumns : fileColumns}
                    total={total}
                    actions={actions}
                  />
                </div>
              )
            );
          })}
        </div>
      </div>
      {binning && <BinDialog asset={binning} onClose={() => setBinning(null)} onConfirm={() => bin.mutate(binning)} />}
      {renaming && <RenameDialog asset={renaming} onClose={() => setRenaming(null)} />}
    </div>
  );
}

interface RowProps {
  row: Row;
  view: ViewSettings['view'];
  columns: number;
  total: number;
  actions: AssetActions;
}

function RowView({ row, view, columns, total, actions }: RowProps) {
  if (row.kind === 'label') return <h2 className={classes.label}>{row.text}</h2>;
  if (row.kind === 'header') return <AssetRowHeader />;
  const style = { gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, columnGap: gap, paddingBottom: gap };
  if (row.kind === 'loading') return <LoadingRow view={view} columns={columns} />;
  if (view === 'list') {
    const asset = row.items[0];
    return asset && <AssetRow asset={asset} index={row.firstIndex} total={total} actions={actions} />;
  }
  const Card = row.kind === 'folders' ? FolderCard : FileCard;
  return (
    <div className={classes.line} style={style} role="presentation">
      {row.items.map((asset, at) => (
        <Card key={asset.id} asset={asset} index={row.firstIndex + at} total={total} actions={actions} />
      ))}
    </div>
  );
}

function LoadingRow({ view, columns }: Pick<RowProps, 'view' | 'columns'>) {
  if (view === 'list') {
    return (
      <div className={classes.loadingList} aria-label="Loading" role="status">
        {[0, 1, 2, 3].map((n) => (
          <Skeleton key={n} height={38} radius="sm" />
        ))}
      </div>
    );
  }
  return (
    <div
      className={classes.line}
      style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, columnGap: gap }}
      aria-label="Loading"
      role="status"
    >
      {Array.from({ length: columns }, (_, n) => (
        <div key={n} className={classes.loadingCard}>
          <Skeleton className={classes.loadingPicture} radius="md" />
          <Skeleton height={12} mt={12} width="70%" />
          <Skeleton height={10} mt={8} width="40%" />
        </div>
      ))}
    </div>
  );
}
