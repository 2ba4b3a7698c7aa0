import { ActionIcon, Tooltip } from '@mantine/core';
import { useDisclosure, useDocumentTitle } from '@mantine/hooks';
import { SearchX, UserRoundPlus } from 'lucide-react';
import { useState } from 'react';
import { Navigate, useParams } from 'react-router-dom';
import { ShareDialog } from '@/features/access/components/share-dialog';
import { CreateFolderDialog } from '@/features/library/components/asset-dialogs';
import { Breadcrumbs } from '@/features/library/components/breadcrumbs';
import { FolderBrowser } from '@/features/library/components/folder-browser';
import { FolderToolbar } from '@/features/library/components/folder-toolbar';
import { useBatch } from '@/features/library/hooks/use-batch';
import { useFolder, usePermissions } from '@/features/library/hooks/use-folder';
import { useViewSettings } from '@/features/library/hooks/use-view-settings';
import { DropOverlay } from '@/features/upload/components/drop-overlay';
import { EmptyFolder } from '@/features/upload/components/empty-folder';
import { UploadButton } from '@/features/upload/components/upload-button';
import { isFolder } from '@/shared/assets/status';
import { EmptyState } from '@/shared/ui/empty-state';
import { ErrorState } from '@/shared/ui/error-state';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';

export function FolderPage() {
  const { folderId } = useParams();
  // Another folder is another page: no filter and no dialog of the last one stays.
  return folderId ? <Folder key={folderId} folderId={folderId} /> : null;
}

function Folder({ folderId }: { folderId: string }) {
  const { user, canEdit: isEditor } = useShell();
  const folder = useFolder(folderId);
  const permissions = usePermissions(folderId);
  const canEdit = isEditor && permissions?.write === true;
  const batch = useBatch();
  const [sharing, share] = useDisclosure(false);
  const [settings, setSettings] = useViewSettings();
  const [filter, setFilter] = useState('');
  const [creating, create] = useDisclosure(false);
  const name = folder.data?.displayName ?? '';
  useDocumentTitle(name ? `${name} · Reelvault` : 'Reelvault');

  if (folder.error) return <ErrorState error={folder.error} onRetry={() => void folder.refetch()} />;
  if (folder.data && !isFolder(folder.data)) return <Navigate to={`/asset/${folderId}`} replace />;
  return (
    <>
      <PageHeader
        tall
        path={
          <Breadcrumbs
            asset={folder.data}
            onDrop={
              canEdit
                ? (parentId, assets) => batch.mutate({ action: 'Move', assets, arguments: { parentId } })
                : undefined
            }
          />
        }
        actions={
          <FolderToolbar
            settings={settings}
            onSettings={setSettings}
            onFilter={setFilter}
            onNewFolder={canEdit ? create.open : undefined}
          >
            {isEditor && permissions?.manage && (
              <Tooltip label="Share this folder">
                <ActionIcon variant="default" size={36} aria-label="Share" onClick={share.open}>
                  <UserRoundPlus size={17} />
                </ActionIcon>
              </Tooltip>
            )}
            {canEdit && <UploadButton folderId={folderId} />}
          </FolderToolbar>
        }
      />
      <FolderBrowser
        folderId={folderId}
        settings={settings}
        filter={filter}
        canEdit={canEdit}
        empty={<EmptyFolder folderId={folderId} canEdit={canEdit} />}
        nothingFound={
          <EmptyState icon={<SearchX size={28} strokeWidth={1.6} />} title="Nothing of that name">
            No folder or file here matches “{filter}”.
          </EmptyState>
        }
      />
      {creating && <CreateFolderDialog parentId={folderId} onClose={create.close} />}
      {sharing && folder.data && <ShareDialog folder={folder.data} user={user} onClose={share.close} />}
      <DropOverlay folderId={canEdit ? folderId : null} folderName={name} />
    </>
  );
}
