import { ActionIcon, Menu, Text } from '@mantine/core';
import { useDisclosure, useDocumentTitle } from '@mantine/hooks';
import { Ellipsis, Library, Pencil, SquareMinus, Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { CollectionForm } from '@/features/collection/components/collection-form';
import { useCollection, useCollectionItems, useRemoveCollection } from '@/features/collection/hooks/use-collections';
import { AssetList } from '@/features/library/components/asset-list';
import { ViewSwitch } from '@/features/library/components/folder-toolbar';
import { useBatch } from '@/features/library/hooks/use-batch';
import { loadEverything, noListing, toListing } from '@/features/library/hooks/use-listing';
import { useViewSettings } from '@/features/library/hooks/use-view-settings';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { EmptyState } from '@/shared/ui/empty-state';
import { ErrorState } from '@/shared/ui/error-state';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';
import classes from './collection-page.module.css';

export function CollectionPage() {
  const { collectionId } = useParams();
  return collectionId ? <CollectionView key={collectionId} id={collectionId} /> : null;
}

function CollectionView({ id }: { id: string }) {
  const { canEdit } = useShell();
  const collection = useCollection(id);
  const items = useCollectionItems(id);
  const files = useMemo(() => toListing(items), [items]);
  const [settings, setSettings] = useViewSettings();
  const [editing, edit] = useDisclosure(false);
  const [removing, remove] = useDisclosure(false);
  const removal = useRemoveCollection();
  const batch = useBatch();
  const navigate = useNavigate();
  useDocumentTitle(`${collection.data?.name ?? 'Collection'} · Reelvault`);
  if (collection.error) return <ErrorState error={collection.error} onRetry={() => void collection.refetch()} />;
  const { data } = collection;
  return (
    <>
      <PageHeader
        title={data?.name ?? ''}
        actions={
          <>
            <ViewSwitch settings={settings} onSettings={setSettings} />
            {data?.canEdit && (
              <Menu position="bottom-end" width={190}>
                <Menu.Target>
                  <ActionIcon variant="default" size={36} aria-label="Actions for the collection">
                    <Ellipsis size={17} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item leftSection={<Pencil size={16} />} onClick={edit.open}>
                    Edit
                  </Menu.Item>
                  <Menu.Item color="red" leftSection={<Trash2 size={16} />} onClick={remove.open}>
                    Delete
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </>
        }
      />
      <AssetList
        name={`collection:${id}`}
        label="What the collection holds"
        view={settings.view}
        canEdit={canEdit}
        more={
          canEdit
            ? [
                {
                  label: 'Take out',
                  icon: SquareMinus,
                  run: (assets) =>
                    batch.mutate({ action: 'RemoveCollection', assets, arguments: { collectionId: id } }),
                },
              ]
            : undefined
        }
        pages={{
          folders: noListing,
          files,
          loadMore: () => {
            if (items.hasNextPage && !items.isFetchingNextPage && !items.isError) void items.fetchNextPage();
          },
          loadAll: () => loadEverything(items),
          error: items.error,
          retry: () => void items.refetch(),
        }}
        empty={
          <EmptyState icon={<Library size={28} strokeWidth={1.6} />} title="Nothing is in it yet">
            {canEdit
              ? 'Select files or folders anywhere in the library and choose “Add to collection…”.'
              : 'What you may see of it will be here.'}
          </EmptyState>
        }
      >
        {data?.description && (
          <Text size="sm" c="dimmed" className={classes.description}>
            {data.description}
          </Text>
        )}
      </AssetList>
      {editing && data && <CollectionForm collection={data} onClose={edit.close} />}
      {removing && data && (
        <ConfirmDialog
          title="Delete the collection"
          confirm="Delete"
          onClose={remove.close}
          onConfirm={() => removal.mutate(id, { onSuccess: () => void navigate('/collections', { replace: true }) })}
        >
          “{data.name}” goes; what is in it stays where it is in the library.
        </ConfirmDialog>
      )}
    </>
  );
}
