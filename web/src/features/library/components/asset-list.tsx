import { Skeleton } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from 'react';
import type { Asset } from '@/shared/api/types';
import { ErrorState } from '@/shared/ui/error-state';
import { useActions } from '../hooks/use-actions';
import { useDropTargets } from '../hooks/use-dragging';
import { useListInput } from '../hooks/use-list-input';
import type { ListingPages } from '../hooks/use-listing';
import { useSelection, type SelectionOf } from '../hooks/use-selection';
import { layoutRows, neighbour, rowOf, type Row } from '../model/rows';
import { ActionBar } from './action-bar';
import { FileCard, FolderCard } from './asset-card';
import classes from './asset-list.module.css';
import type { ExtraAction, ListActions } from './asset-menu';
import { AssetRow, AssetRowHeader } from './asset-row';

interface Props {
  /** Which list this is: where it was scrolled to is kept under it. */
  name: string;
  label: string;
  pages: ListingPages;
  view: 'grid' | 'list';
  canEdit: boolean;
  /** Items can be dragged onto folders. */
  draggable?: boolean;
  more?: ExtraAction[];
  /** Items are opened by a click; in the bin they only are selected. */
  links?: boolean;
  noteOf?: (asset: Asset) => ReactNode;
  /** What is shown where nothing is. */
  empty: ReactNode;
  /** Stands above the items and scrolls with them. */
  children?: ReactNode;
}

const gap = 14;

/** Where each folder was scrolled to, and what was opened there, so that coming back leads to the same place. */
const scrollOffsets = new Map<string, number>();
const opened = new Map<string, string>();

function columnsFor(width: number, least: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor((width + gap) / (least + gap))));
}

export function AssetList({
  name,
  label,
  pages,
  view,
  canEdit,
  draggable = false,
  more,
  links = true,
  noteOf,
  empty,
  children,
}: Props) {
  const { folders, files, loadMore, loadAll, error, retry } = pages;
  const items = useMemo(() => [...folders.items, ...files.items], [folders.items, files.items]);
  const selection = useSelection(items);
  const { start, moveTo, dialogs } = useActions((kind) => {
    if (kind === 'move' || kind === 'bin') selection.clear();
  });
  const actions: ListActions = { canEdit, start, select: (asset) => selection.toggle(asset.id), more, links };
  const selectAll = () => void loadAll().then((all) => selection.choose(all.map((asset) => asset.id)));

  const scroller = useRef<HTMLDivElement>(null);
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const phone = width > 0 && width < 560;
  const fileColumns = phone ? 2 : columnsFor(width, 208, 9);
  const folderColumns = phone ? 2 : columnsFor(width, 208, 7);
  const fileWidth = (width - gap * (fileColumns - 1)) / fileColumns;

  const rows = useMemo(
    () => layoutRows(folders, files, { view, folderColumns, fileColumns }),
    [folders, files, view, folderColumns, fileColumns],
  );
  const total = folders.total + files.total;

  const heightOf = (row: Row | undefined): number => {
    switch (row?.kind) {
      case 'label':
        return 40;
      case 'header':
        return 36;
      case 'folders':
        return view === 'list' ? 54 : 52 + gap;
      case 'files':
        return view === 'list' ? 54 : (fileWidth * 9) / 16 + 12 + 8 + 38 + gap;
      default:
        return 240;
    }
  };

  const scrollKey = `${name}:${view}`;
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer changes in place; nothing here is memoised on it
  const virtual = useVirtualizer({
    count: width > 0 ? rows.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heightOf(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 4,
    paddingEnd: 96,
  });

  // Sizes follow from the width and the view alone, so they are told and not measured.
  useEffect(() => virtual.measure(), [virtual, fileWidth, view]);

  // Only once there is something to scroll: before, the browser would cut the place back to the top.
  const restored = useRef('');
  const filled = width > 0 && items.length > 0;
  useLayoutEffect(() => {
    if (!filled || restored.current === scrollKey) return;
    restored.current = scrollKey;
    virtual.scrollToOffset(scrollOffsets.get(scrollKey) ?? 0);
    const last = opened.get(name);
    if (!last) return;
    opened.delete(name);
    // Drawn by then; and nobody has gone elsewhere meanwhile.
    const focus = () => {
      if (document.activeElement?.matches('body, main'))
        scroller.current?.querySelector<HTMLElement>(`[data-asset="${last}"]`)?.focus({ preventScroll: true });
    };
    requestAnimationFrame(() => requestAnimationFrame(focus));
  }, [virtual, filled, scrollKey, name]);
  const keepPlace = (top: number) => restored.current === scrollKey && scrollOffsets.set(scrollKey, top);

  const drawn = virtual.getVirtualItems();
  const endInSight = drawn.some((item) => rows[item.index]?.kind === 'loading');
  useEffect(() => {
    if (endInSight) loadMore();
  });

  const input = useListInput({
    items,
    selection,
    actions,
    draggable: draggable && canEdit,
    selectAll,
    opened: (id) => opened.set(name, id),
    next: (index, key) => neighbour(rows, index, key),
    focus: (index) => {
      virtual.scrollToIndex(rowOf(rows, index), { align: 'auto' });
      const focus = () => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus();
      requestAnimationFrame(() => requestAnimationFrame(focus));
    },
  });
  const dropTargets = useDropTargets(draggable && canEdit ? moveTo : undefined);

  if (error && items.length === 0) return <ErrorState error={error} onRetry={retry} />;
  const nothing = !folders.pending && !files.pending && items.length === 0;

  return (
    <div className={classes.frame} data-selecting={selection.active}>
      <div ref={scroller} className={classes.scroller} onScroll={(event) => keepPlace(event.currentTarget.scrollTop)}>
        {children}
        {nothing && empty}
        {/* The keys move the focus among the links inside; the list itself is never focused. */}
        <div className={classes.inset} hidden={nothing} {...input} {...dropTargets}>
          <div
            ref={sizeRef}
            role="list"
            aria-label={label}
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
                      view={view}
                      columns={row.kind === 'folders' ? folderColumns : fileColumns}
                      total={total}
                      actions={actions}
                      selection={selection}
                      noteOf={noteOf}
                    />
                  </div>
                )
              );
            })}
          </div>
        </div>
      </div>
      {selection.active && <ActionBar selection={selection} actions={actions} onSelectAll={selectAll} />}
      {dialogs}
    </div>
  );
}

interface RowProps {
  row: Row;
  view: 'grid' | 'list';
  columns: number;
  total: number;
  actions: ListActions;
  selection: SelectionOf;
  noteOf: ((asset: Asset) => ReactNode) | undefined;
}

function RowView({ row, view, columns, total, actions, selection, noteOf }: RowProps) {
  if (row.kind === 'label') return <h2 className={classes.label}>{row.text}</h2>;
  if (row.kind === 'header') return <AssetRowHeader />;
  const style = { gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, columnGap: gap, paddingBottom: gap };
  if (row.kind === 'loading') return <LoadingRow view={view} columns={columns} />;
  const onCheck = (asset: Asset, range: boolean) => (range ? selection.extendTo(asset.id) : selection.toggle(asset.id));
  const Item = view === 'list' ? AssetRow : row.kind === 'folders' ? FolderCard : FileCard;
  const drawn = row.items.map((asset, at) => (
    <Item
      key={asset.id}
      asset={asset}
      index={row.firstIndex + at}
      total={total}
      actions={actions}
      selected={selection.has(asset.id)}
      onCheck={onCheck}
      note={noteOf?.(asset)}
    />
  ));
  if (view === 'list') return drawn[0];
  return (
    <div className={classes.line} style={style} role="presentation">
      {drawn}
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
