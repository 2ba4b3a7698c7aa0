import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { formatBytes, formatDateTime, formatDuration } from '@/shared/format/format';
import { formatRate, parseRate } from '@/shared/timecode/rational';
import { mediaName } from '@/shared/ui/media-icon';
import { StatusBadge } from '@/shared/ui/status-badge';
import { groupsOf, type PropertyGroup } from '../model/properties';
import classes from './info-panel.module.css';

export function InfoPanel({ detail }: { detail: AssetDetail }) {
  const rate = parseRate(detail.frameRate);
  const rows: [string, ReactNode][] = [
    ['Status', <StatusBadge key="status" asset={detail} always />],
    ['Kind', mediaName(detail.mediaType)],
    ['Size', formatBytes(detail.size)],
    ['Duration', detail.durationMs ? formatDuration(detail.durationMs) : null],
    ['Dimensions', detail.width && detail.height ? `${detail.width} × ${detail.height}` : null],
    ['Frame rate', rate ? `${formatRate(rate)} fps` : null],
    ['Start timecode', detail.startTimecode],
    ['Type', detail.contentType],
    ['Uploaded as', detail.fileName !== detail.displayName ? detail.fileName : null],
    ['Added', formatDateTime(detail.createdAt)],
    ['Changed', detail.modifiedAt !== detail.createdAt ? formatDateTime(detail.modifiedAt) : null],
    ['Checksum', detail.checksum && <code className={classes.code}>{detail.checksum}</code>],
  ];
  return (
    <div className={classes.panel}>
      {detail.description && (
        <Text size="sm" className={classes.description}>
          {detail.description}
        </Text>
      )}
      <Rows rows={rows} />
      {groupsOf(detail.mediaProperties).map((group) => (
        <Group key={group.title} group={group} />
      ))}
    </div>
  );
}

function Group({ group }: { group: PropertyGroup }) {
  return (
    <details className={classes.group} open={group.rows.length <= 12}>
      <summary className={classes.groupTitle}>{group.title}</summary>
      <Rows rows={group.rows.map(({ name, value }) => [name, value])} />
    </details>
  );
}

function Rows({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className={classes.rows}>
      {rows
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name} className={classes.row}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
