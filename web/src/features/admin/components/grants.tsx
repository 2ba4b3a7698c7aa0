import { useQuery } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { api, unwrap } from '@/shared/api/client';
import type { Grant } from '@/shared/api/types';
import { assetKeys } from '@/shared/assets/keys';
import { formatDate } from '@/shared/format/format';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { EmptyState } from '@/shared/ui/empty-state';
import { showError } from '@/shared/ui/toast';
import { deleteGrant, fetchGrants } from '../api/admin';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

const may: Record<string, string> = { read: 'see', write: 'change', manage: 'manage' };

export function Grants() {
  const [deleting, setDeleting] = useState<Grant | null>(null);
  const grants = useRecords('grants', {}, fetchGrants);
  const nameOf = (grant: Grant) => grant.displayName;
  const remove = useChange(['grants'], (grant: Grant) => deleteGrant(grant.id));
  return (
    <Section text="Everything that was granted. To grant something, open the folder and choose “Share”.">
      <RecordTable
        label="Grants"
        records={grants}
        keyOf={(grant) => grant.id}
        nameOf={nameOf}
        empty={
          <EmptyState icon={<ShieldCheck size={28} strokeWidth={1.6} />} title="Nothing has been granted yet">
            Open a folder and choose “Share” to let people or groups in.
          </EmptyState>
        }
        columns={[
          { title: 'Who', cell: nameOf },
          { title: 'Kind', cell: (grant) => (grant.groupId ? 'Group' : 'Person'), minor: true },
          { title: 'May', cell: (grant) => may[grant.permission] ?? grant.permission },
          { title: 'On', cell: (grant) => <Granted id={grant.assetId} /> },
          { title: 'Since', cell: (grant) => formatDate(grant.createdAt), minor: true },
        ]}
        actions={[{ label: 'Take back', danger: true, run: setDeleting }]}
      />
      {deleting && (
        <ConfirmDialog
          title="Take the grant back"
          confirm="Take back"
          onClose={() => setDeleting(null)}
          onConfirm={() => remove.mutate(deleting, { onError: (error) => showError(error) })}
        >
          {nameOf(deleting)} may no longer do this, at once.
        </ConfirmDialog>
      )}
    </Section>
  );
}

function Granted({ id }: { id: string }) {
  const { data: asset, error } = useQuery({
    queryKey: assetKeys.item(id),
    queryFn: () => unwrap(api.GET('/asset/{id}', { params: { path: { id } } })),
  });
  if (error) return <>in the bin, or gone</>;
  return asset ? (
    <Link to={`/folder/${id}`} style={{ textDecoration: 'underline' }}>
      {asset.path || asset.displayName}
    </Link>
  ) : null;
}
