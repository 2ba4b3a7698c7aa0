import { Button, Skeleton } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { Navigate, useNavigate, useParams } from 'react-router-dom';
import { AssetActions } from '@/features/asset/components/asset-actions';
import { TroubleNotice } from '@/features/asset/components/trouble-notice';
import { SidePanel } from '@/features/asset/components/side-panel';
import { useDetail } from '@/features/asset/hooks/use-detail';
import { AssetGrants } from '@/features/access/components/asset-grants';
import { ActionItems } from '@/features/library/components/action-items';
import { Breadcrumbs } from '@/features/library/components/breadcrumbs';
import { useActions } from '@/features/library/hooks/use-actions';
import { isBare, MediaStage } from '@/features/player/components/media-stage';
import { ShareDialog } from '@/features/share/components/share-dialog';
import { DropOverlay } from '@/features/upload/components/drop-overlay';
import { anybody, granteesOf } from '@/shared/accounts/principals';
import { isFolder } from '@/shared/assets/status';
import { ErrorState } from '@/shared/ui/error-state';
import { PrincipalSelect } from '@/shared/ui/principal-select';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';
import classes from './asset-page.module.css';

export function AssetPage() {
  const { assetId } = useParams();
  return assetId ? <AssetView key={assetId} assetId={assetId} /> : null;
}

function AssetView({ assetId }: { assetId: string }) {
  const { user, canEdit } = useShell();
  const { data: detail, error, refetch } = useDetail(assetId);
  const navigate = useNavigate();
  const [sharing, setSharing] = useState(false);
  const { start, dialogs } = useActions((kind) => {
    if (kind === 'bin') void navigate(detail?.parentId ? `/folder/${detail.parentId}` : '/', { replace: true });
  });
  useDocumentTitle(detail ? `${detail.displayName} · Reelvault` : 'Reelvault');

  if (error && !detail) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (detail && isFolder(detail)) return <Navigate to={`/folder/${assetId}`} replace />;

  const mayEdit = canEdit && detail?.permissions.write === true;
  const again = mayEdit && (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<RefreshCw size={14} />}
      onClick={() => start('reprocess', [detail])}
    >
      Process again
    </Button>
  );
  return (
    <>
      <PageHeader
        path={<Breadcrumbs asset={detail} />}
        actions={
          detail && (
            <AssetActions
              detail={detail}
              menu={mayEdit && <ActionItems asset={detail} start={start} />}
              onShare={mayEdit ? () => setSharing(true) : undefined}
            />
          )
        }
      />
      {detail && !isBare(detail) && <TroubleNotice detail={detail} remedy={again} />}
      <div className={classes.body}>
        <section className={classes.stage} aria-label="Preview">
          {detail ? <MediaStage detail={detail} remedy={again} /> : <div className={classes.dark} />}
        </section>
        <aside className={classes.side} aria-label="About this file">
          {detail ? (
            <SidePanel
              detail={detail}
              canEdit={mayEdit}
              finder={
                canEdit
                  ? (choose) => (
                      <PrincipalSelect
                        label="Who may what"
                        finder={user.role === 'admin' ? anybody(['user']) : granteesOf(assetId, ['user'])}
                        onChoose={({ id }) => choose(id)}
                      />
                    )
                  : undefined
              }
              grants={<AssetGrants asset={detail} user={user} />}
            />
          ) : (
            <div className={classes.skeleton}>
              {[80, 60, 70, 50, 65].map((width, n) => (
                <Skeleton key={n} height={12} width={`${width}%`} />
              ))}
            </div>
          )}
        </aside>
      </div>
      {dialogs}
      {sharing && detail && <ShareDialog asset={detail} onClose={() => setSharing(false)} />}
      <DropOverlay folderId={null} folderName="" />
    </>
  );
}
