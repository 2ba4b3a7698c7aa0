import { Badge, Button, Text } from '@mantine/core';
import { useState } from 'react';
import { downloadUrl } from '@/shared/api/media-url';
import type { AssetDetail, AssetVersion } from '@/shared/api/types';
import { isArchived, statusLook } from '@/shared/assets/status';
import { formatBytes, formatDateTime } from '@/shared/format/format';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { useRevert } from '../hooks/use-changes';
import classes from './versions-panel.module.css';

interface Props {
  detail: AssetDetail;
  canEdit: boolean;
}

function originalOf(assetId: string, { version, fileName }: AssetVersion): string | undefined {
  return downloadUrl(`/media/${assetId}/original/${version}/${encodeURIComponent(fileName)}`);
}

/** Every content that this asset has had, the newest first. */
export function VersionsPanel({ detail, canEdit }: Props) {
  const [bringing, setBringing] = useState<number | null>(null);
  const revert = useRevert(detail.id);
  const versions = [...detail.versions].sort((a, b) => b.version - a.version);
  if (versions.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        There is no content yet.
      </Text>
    );
  }
  const archived = isArchived(detail.assetStatus);
  const settled = !statusLook(detail.assetStatus).busy && !archived;
  return (
    <>
      <ol className={classes.list}>
        {versions.map((version) => (
          <li key={version.version} className={classes.version}>
            <div className={classes.line}>
              <span className={classes.number}>Version {version.version}</span>
              {version.current && (
                <Badge size="sm" variant="light">
                  Current
                </Badge>
              )}
            </div>
            <div className={classes.text}>{version.fileName}</div>
            <div className={classes.text}>
              {formatBytes(version.size)} · {formatDateTime(version.createdAt)}
            </div>
            {version.error && <div className={classes.fault}>{version.error}</div>}
            {!version.available && (
              <div className={classes.fault}>
                Its content is gone: the file was overwritten where it lies. It can be neither downloaded nor brought
                back.
              </div>
            )}
            <div className={classes.actions}>
              {!archived && version.available && (
                <Button
                  component="a"
                  href={originalOf(detail.id, version)}
                  download
                  size="compact-xs"
                  variant="default"
                  aria-label={`Download version ${version.version}`}
                >
                  Download
                </Button>
              )}
              {canEdit && settled && !version.current && version.available && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={revert.isPending && revert.variables === version.version}
                  aria-label={`Bring back version ${version.version}`}
                  onClick={() => setBringing(version.version)}
                >
                  Bring back
                </Button>
              )}
            </div>
          </li>
        ))}
      </ol>
      {bringing !== null && (
        <ConfirmDialog
          title={`Bring back version ${bringing}`}
          confirm="Bring back"
          color="iris"
          onClose={() => setBringing(null)}
          onConfirm={() => revert.mutate(bringing)}
        >
          Its content becomes the newest version and is shown to everybody. The present one stays in the list.
        </ConfirmDialog>
      )}
    </>
  );
}
