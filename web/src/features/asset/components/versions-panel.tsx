import { Badge, Text } from '@mantine/core';
import type { AssetDetail } from '@/shared/api/types';
import { formatBytes, formatDateTime } from '@/shared/format/format';
import classes from './versions-panel.module.css';

/** Every content that this asset has had, the newest first. */
export function VersionsPanel({ detail }: { detail: AssetDetail }) {
  const versions = [...detail.versions].sort((a, b) => b.version - a.version);
  if (versions.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        There is no content yet.
      </Text>
    );
  }
  return (
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
        </li>
      ))}
    </ol>
  );
}
