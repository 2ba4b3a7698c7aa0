import { Badge, Button, Text } from '@mantine/core';
import { Pencil } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router-dom';
import type { AssetDetail } from '@/shared/api/types';
import { sizeText } from '@/shared/assets/original';
import { useFields } from '@/shared/assets/vocabulary';
import { formatDateTime, formatDuration } from '@/shared/format/format';
import { formatRate, parseRate } from '@/shared/timecode/rational';
import { mediaName } from '@/shared/ui/media-icon';
import { StatusBadge } from '@/shared/ui/status-badge';
import { fieldsOf, shownValue } from '../model/custom-fields';
import { groupsOf, type PropertyGroup } from '../model/properties';
import { EditDialog } from './edit-dialog';
import classes from './info-panel.module.css';

interface Props {
  detail: AssetDetail;
  canEdit: boolean;
}

export function InfoPanel({ detail, canEdit }: Props) {
  const rate = parseRate(detail.frameRate);
  const rows: [string, ReactNode][] = [
    ['Status', <StatusBadge key="status" asset={detail} always />],
    ['Kept in', detail.storageClass && detail.storageClass !== 'STANDARD' ? detail.storageClass : null],
    ['Kind', mediaName(detail.mediaType)],
    ['Size', sizeText(detail)],
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
      <About detail={detail} canEdit={canEdit} />
      <Rows rows={rows} />
      {groupsOf(detail.mediaProperties).map((group) => (
        <Group key={group.title} group={group} />
      ))}
    </div>
  );
}

/** What people said about it. */
function About({ detail, canEdit }: Props) {
  const [editing, setEditing] = useState(false);
  const fields = fieldsOf(useFields(), detail.customFields);
  const rows: [string, ReactNode][] = [
    ['Language', detail.languageCode],
    ...fields.map((field): [string, ReactNode] => [
      field.label || field.name,
      shownValue(field, detail.customFields[field.name]),
    ]),
    ['Collections', detail.collections.length > 0 ? detail.collections.join(', ') : null],
  ];
  const empty = !detail.description && detail.tags.length === 0 && rows.every(([, value]) => !value);
  if (empty && !canEdit) return null;
  return (
    <div className={classes.about}>
      {detail.description && (
        <Text size="sm" className={classes.description}>
          {detail.description}
        </Text>
      )}
      {detail.tags.length > 0 && (
        <ul className={classes.tags} aria-label="Tags">
          {detail.tags.map((tag) => (
            <li key={String(tag)}>
              <Badge
                component={Link}
                to={`/search?tag=${encodeURIComponent(String(tag))}`}
                variant="light"
                tt="none"
                style={{ cursor: 'pointer' }}
              >
                {String(tag)}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      <Rows rows={rows} />
      {canEdit && (
        <Button
          size="compact-sm"
          variant="default"
          mt={empty ? 0 : 10}
          leftSection={<Pencil size={14} />}
          onClick={() => setEditing(true)}
        >
          {empty ? 'Add a description, tags…' : 'Edit'}
        </Button>
      )}
      {editing && <EditDialog detail={detail} onClose={() => setEditing(false)} />}
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
  const shown = rows.filter(([, value]) => value);
  if (shown.length === 0) return null;
  return (
    <dl className={classes.rows}>
      {shown.map(([name, value]) => (
        <div key={name} className={classes.row}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
