import { Button, NumberInput, Switch, TextInput } from '@mantine/core';
import { HardDrive } from 'lucide-react';
import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import type { Bucket } from '@/shared/api/types';
import { assetKeys } from '@/shared/assets/keys';
import { formatBytes } from '@/shared/format/format';
import { FormDialog } from '@/shared/ui/form-dialog';
import { changeBucket, createBucket, fetchBuckets } from '../api/admin';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

const gigabyte = 1e9;

export function Buckets() {
  const [editing, setEditing] = useState<Bucket | 'new' | null>(null);
  const buckets = useRecords('buckets', {}, () => fetchBuckets());
  return (
    <Section
      text="The roots of the library: each keeps its files in one of the stores that the server was configured with."
      actions={
        <Button leftSection={<HardDrive size={16} />} onClick={() => setEditing('new')}>
          New bucket
        </Button>
      }
    >
      <RecordTable
        label="Buckets"
        records={buckets}
        keyOf={(bucket) => bucket.asset.id}
        nameOf={(bucket) => bucket.asset.displayName}
        empty={null}
        columns={[
          { title: 'Name', cell: (bucket) => bucket.asset.displayName },
          { title: 'Store', cell: (bucket) => [bucket.store, bucket.prefix].filter(Boolean).join('/') },
          {
            title: 'Archive',
            cell: (bucket) => bucket.archiveStore ?? bucket.archiveClass ?? 'none',
            minor: true,
          },
          {
            title: 'May hold',
            cell: (bucket) => (bucket.quotaBytes == null ? 'no limit' : formatBytes(bucket.quotaBytes)),
            minor: true,
          },
          {
            title: 'Registered files',
            cell: (bucket) =>
              [bucket.managed && 'managed', bucket.watched && 'watched'].filter(Boolean).join(', ') || 'left alone',
            minor: true,
          },
        ]}
        actions={[{ label: 'Settings', run: setEditing }]}
      />
      {editing && <BucketForm bucket={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
    </Section>
  );
}

function BucketForm({ bucket, onClose }: { bucket: Bucket | null; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(bucket?.asset.displayName ?? '');
  const [store, setStore] = useState(bucket?.store ?? 'local');
  const [prefix, setPrefix] = useState(bucket?.prefix ?? '');
  const [managed, setManaged] = useState(bucket?.managed ?? false);
  const [watched, setWatched] = useState(bucket?.watched ?? false);
  const [archiveStore, setArchiveStore] = useState(bucket?.archiveStore ?? '');
  const [archiveClass, setArchiveClass] = useState(bucket?.archiveClass ?? '');
  const [quota, setQuota] = useState<number | string>(bucket?.quotaBytes == null ? '' : bucket.quotaBytes / gigabyte);
  const save = useChange(['buckets'], async () => {
    const settings = {
      managed,
      watched,
      archiveStore: archiveStore.trim() || null,
      archiveClass: archiveClass.trim() || null,
      quotaBytes: quota === '' ? null : Math.round(Number(quota) * gigabyte),
    };
    if (bucket) await changeBucket(bucket.asset.id, settings);
    else await createBucket({ name: name.trim(), store: store.trim(), prefix: prefix.trim(), ...settings });
    await client.invalidateQueries({ queryKey: assetKeys.roots() });
  });
  return (
    <FormDialog
      title={bucket ? `Settings of “${bucket.asset.displayName}”` : 'New bucket'}
      confirm={bucket ? 'Save' : 'Create'}
      incomplete={!name.trim()}
      submit={() => save.mutateAsync(undefined)}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          {!bucket && (
            <>
              <TextInput
                label="Name"
                data-autofocus
                value={name}
                error={faultOf('name')}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <TextInput
                label="Store"
                description="As the server’s configuration names it"
                value={store}
                error={faultOf('store')}
                onChange={(event) => setStore(event.currentTarget.value)}
              />
              <TextInput
                label="Prefix"
                description="Where in the store registered files lie"
                value={prefix}
                error={faultOf('prefix')}
                onChange={(event) => setPrefix(event.currentTarget.value)}
              />
            </>
          )}
          <TextInput
            label="Archive store"
            description="Another configured store, as a slower disk; empty: none"
            value={archiveStore}
            error={faultOf('archiveStore')}
            onChange={(event) => setArchiveStore(event.currentTarget.value)}
          />
          <TextInput
            label="Archive class"
            description="Or, of a bucket on S3, a storage class, as DEEP_ARCHIVE"
            value={archiveClass}
            error={faultOf('archiveClass')}
            onChange={(event) => setArchiveClass(event.currentTarget.value)}
          />
          <NumberInput
            label="May hold (GB)"
            description="Empty: no limit"
            min={0}
            decimalScale={3}
            thousandSeparator=" "
            value={quota}
            error={faultOf('quotaBytes')}
            onChange={setQuota}
          />
          <Switch
            label="Managed: registered files are moved, renamed and removed with their asset"
            checked={managed}
            onChange={(event) => setManaged(event.currentTarget.checked)}
          />
          <Switch
            label="Watched: new files in the store are registered by themselves"
            checked={watched}
            onChange={(event) => setWatched(event.currentTarget.checked)}
          />
        </>
      )}
    </FormDialog>
  );
}
