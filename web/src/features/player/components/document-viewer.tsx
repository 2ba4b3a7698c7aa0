import { Button, Group, Text } from '@mantine/core';
import { Download, ExternalLink } from 'lucide-react';
import { downloadUrl, mediaUrl } from '@/shared/api/media-url';
import type { AssetDetail } from '@/shared/api/types';
import { formatBytes } from '@/shared/format/format';
import { MediaIcon } from '@/shared/ui/media-icon';
import classes from './document-viewer.module.css';

/** A look at the first page, or the sign of what has no look, and the way to the file itself. */
export function DocumentViewer({ detail }: { detail: AssetDetail }) {
  const preview = mediaUrl(detail.previewUrl ?? detail.thumbnailUrl);
  const original = mediaUrl(detail.downloadUrl);
  const pdf = detail.contentType === 'application/pdf';
  return (
    <div className={classes.viewer}>
      {preview ? (
        <img className={classes.page} src={preview} alt={`First page of ${detail.displayName}`} />
      ) : (
        <div className={classes.sign}>
          <MediaIcon asset={detail} size={52} strokeWidth={1.2} />
          <Text fw={600} mt="md" ta="center" className={classes.name}>
            {detail.displayName}
          </Text>
          <Text size="sm" c="dimmed">
            {[detail.contentType, formatBytes(detail.size)].filter(Boolean).join(' · ')}
          </Text>
        </div>
      )}
      {original && (
        <Group gap="xs" justify="center" className={classes.actions}>
          {pdf && (
            <Button
              component="a"
              href={original}
              target="_blank"
              rel="noopener"
              variant="default"
              leftSection={<ExternalLink size={16} />}
            >
              Open
            </Button>
          )}
          <Button
            component="a"
            href={downloadUrl(detail.downloadUrl)}
            download
            variant="default"
            leftSection={<Download size={16} />}
          >
            Download
          </Button>
        </Group>
      )}
    </div>
  );
}
