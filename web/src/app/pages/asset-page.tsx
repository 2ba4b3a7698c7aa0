import { Skeleton } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useState } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router-dom';
import { AssetActions } from '@/features/asset/components/asset-actions';
import { SidePanel } from '@/features/asset/components/side-panel';
import { useDetail } from '@/features/asset/hooks/use-detail';
import { RenameDialog } from '@/features/library/components/asset-dialogs';
import { Breadcrumbs } from '@/features/library/components/breadcrumbs';
import { useBatch } from '@/features/library/hooks/use-batch';
import { MediaStage } from '@/features/player/components/media-stage';
import { DropOverlay } from '@/features/upload/components/drop-overlay';
import { isFolder } from '@/shared/assets/status';
import { ErrorState } from '@/shared/ui/error-state';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';
import classes from './asset-page.module.css';

export function AssetPage() {
  const { assetId } = useParams();
  return assetId ? <AssetView key={assetId} assetId={assetId} /> : null;
}

function AssetView({ assetId }: { assetId: string }) {
  const { canEdit } = useShell();
  const { data: detail, error, refetch } = useDetail(assetId);
  const [renaming, setRenaming] = useState(false);
  const batch = useBatch();
  const navigate = useNavigate();
  useDocumentTitle(detail ? `${detail.displayName} · Reelvault` : 'Reelvault');

  if (error && !detail) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (detail && isFolder(detail)) return <Navigate to={`/folder/${assetId}`} replace />;

  const moveToBin = () => {
    if (!detail) return;
    batch.mutate(
      { action: 'Trash', assets: [detail] },
      { onSuccess: () => void navigate(detail.parentId ? `/folder/${detail.parentId}` : '/', { replace: true }) },
    );
  };
  return (
    <>
      <PageHeader
        path={<Breadcrumbs asset={detail} />}
        actions={
          detail && (
            <AssetActions
              detail={detail}
              canEdit={canEdit && detail.permissions.write}
              onRename={() => setRenaming(true)}
              onBin={moveToBin}
            />
          )
        }
      />
      <div className={classes.body}>
        <section className={classes.stage} aria-label="Preview">
          {detail ? <MediaStage detail={detail} /> : <div className={classes.dark} />}
        </section>
        <aside className={classes.side} aria-label="About this file">
          {detail ? (
            <SidePanel detail={detail} />
          ) : (
            <div className={classes.skeleton}>
              {[80, 60, 70, 50, 65].map((width, n) => (
                <Skeleton key={n} height={12} width={`${width}%`} />
              ))}
            </div>
          )}
        </aside>
      </div>
      {renaming && detail && <RenameDialog asset={detail} onClose={() => setRenaming(false)} />}
      <DropOverlay folderId={null} folderName="" />
    </>
  );
}
