import { Button, Select, TextInput } from '@mantine/core';
import { Download, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { anybody, type Principal } from '@/shared/accounts/principals';
import type { AuditEntry, AuditOperation } from '@/shared/api/types';
import { formatDateTime } from '@/shared/format/format';
import { operationName, operations } from '@/shared/assets/operations';
import { EmptyState } from '@/shared/ui/empty-state';
import { PrincipalSelect } from '@/shared/ui/principal-select';
import { auditFileUrl, fetchAudit, type AuditFilter } from '../api/library';
import { useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

function dayStart(day: string, plus: number): string | undefined {
  if (!day) return undefined;
  const date = new Date(`${day}T00:00:00`);
  date.setDate(date.getDate() + plus);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** What was done to an asset may be about somebody too: to whom it was granted. */
function more({ assetId, subjectType, subjectName, reason }: AuditEntry): string {
  const subject = assetId ? [subjectType, subjectName].filter(Boolean).join(' ') : '';
  return [subject, reason].filter(Boolean).join(' · ');
}

const choices = operations
  .map((value) => ({ value, label: operationName(value) }))
  .sort((a, b) => a.label.localeCompare(b.label));

/** Who did what, the newest first. */
export function Audit() {
  const [who, setWho] = useState<Principal | null>(null);
  const [operation, setOperation] = useState<AuditOperation | null>(null);
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const filter: AuditFilter = {
    userId: who?.id,
    operation: operation ? [operation] : undefined,
    from: dayStart(from, 0),
    until: dayStart(until, 1),
  };
  const entries = useRecords('audit', { ...filter }, (token) => fetchAudit(filter, token));
  return (
    <Section
      text="Who looked at, downloaded, changed or deleted what. It is kept after a file is gone."
      actions={
        <>
          {who ? (
            <Button variant="light" mt={25} onClick={() => setWho(null)} aria-label={`Not only ${who.name}`}>
              {who.name} ×
            </Button>
          ) : (
            <PrincipalSelect label="Who" finder={anybody(['user'])} onChoose={setWho} />
          )}
          <Select
            label="What"
            placeholder="Anything"
            w={190}
            data={choices}
            searchable
            clearable
            value={operation}
            onChange={(value) => setOperation(operations.find((one) => one === value) ?? null)}
          />
          <TextInput label="From" type="date" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput
            label="Until"
            type="date"
            value={until}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
          <Button
            component="a"
            href={auditFileUrl(filter)}
            download="audit.csv"
            mt={25}
            variant="default"
            leftSection={<Download size={16} />}
          >
            CSV
          </Button>
        </>
      }
    >
      <RecordTable
        label="Audit"
        records={entries}
        keyOf={(entry) => entry.id}
        nameOf={(entry) => entry.operation}
        empty={<EmptyState icon={<ScrollText size={28} strokeWidth={1.6} />} title="Nothing of the kind happened" />}
        columns={[
          { title: 'When', cell: (entry) => formatDateTime(entry.at), whole: true },
          { title: 'Who', cell: (entry) => entry.username ?? 'The server' },
          { title: 'What', cell: (entry) => operationName(entry.operation) },
          {
            title: 'On',
            cell: (entry) =>
              entry.assetId ? (
                <Link
                  to={`/asset/${entry.assetId}`}
                  className="rv-two-lines"
                  style={{ textDecoration: 'underline' }}
                  title={entry.assetName ?? undefined}
                  dir="auto"
                >
                  {entry.assetName ?? entry.assetId}
                </Link>
              ) : (
                [entry.subjectType, entry.subjectName].filter(Boolean).join(' ')
              ),
          },
          { title: 'More', cell: more, minor: true },
          { title: 'From', cell: (entry) => entry.address, minor: true },
        ]}
      />
    </Section>
  );
}
