import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Download, ExternalLink } from 'lucide-react';
import { downloadUrl, mediaUrl } from '@/shared/api/media-url';
import type { AssetDetail } from '@/shared/api/types';
import { usePicture } from '@/shared/assets/use-picture';
import { formatBytes } from '@/shared/format/format';
import { MediaIcon } from '@/shared/ui/media-icon';
import { fetchTextStart } from '../api/streaming';
import classes from './document-viewer.module.css';

/** What is read of a text before one must download it. */
const textBytes = 128 * 1024;

function useText(detail: AssetDetail) {
  const readable = detail.contentType?.startsWith('text/') === true && detail.size > 0 && !!detail.downloadUrl;
  return useQuery({
    queryKey: ['text', detail.downloadUrl],
    queryFn: () => fetchTextStart(detail.downloadUrl ?? '', textBytes),
    enabled: readable,
    staleTime: Infinity,
  }).data;
}

function Sign({ detail }: { detail: AssetDetail }) {
  return (
    <div className={classes.sign}>
      <MediaIcon asset={detail} size={52} strokeWidth={1.2} />
      <Text fw={600} mt="md" ta="center" className={classes.name}>
        {detail.displayName}
      </Text>
      <Text size="sm" c="dimmed">
        {[detail.contentType, formatBytes(detail.size)].filter(Boolean).join(' · ')}
      </Text>
    </div>
  );
}

/** A look at the first page, or the sign of what has no look, and the way to the file itself. */
export function DocumentViewer({ detail }: { detail: AssetDetail }) {
  const page = usePicture(detail.id, detail.previewUrl, detail.thumbnailUrl);
  const original = mediaUrl(detail.downloadUrl);
  const text = useText(detail);
  const pdf = detail.contentType === 'application/pdf';
  return (
    <div className={classes.viewer}>
      {page.address ? (
        <img
          className={classes.page}
          src={mediaUrl(page.address)}
          alt={`First page of ${detail.displayName}`}
          onError={page.onError}
        />
      ) : text ? (
        // Scrolled with the keys as well.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className={classes.sheet} tabIndex={0} role="region" aria-label={`Text of ${detail.displayName}`}>
          <pre className={classes.text}>{text.text}</pre>
          {!text.whole && (
            <Text size="sm" c="dimmed" mt="md">
              This is how it begins. Download it to read all of it.
            </Text>
          )}
        </div>
      ) : (
        <Sign detail={detail} />
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
