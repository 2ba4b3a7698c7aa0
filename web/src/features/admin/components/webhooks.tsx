import { Alert, Badge, Button, Code, PasswordInput, Switch, TagsInput, Text, TextInput } from '@mantine/core';
import { Webhook as WebhookIcon } from 'lucide-react';
import { useState } from 'react';
import type { Webhook } from '@/shared/api/types';
import { formatDateTime } from '@/shared/format/format';
import { ConfirmDialog } from '@/shared/ui/confirm-dialog';
import { EmptyState } from '@/shared/ui/empty-state';
import { FormDialog } from '@/shared/ui/form-dialog';
import { showDone, showError } from '@/shared/ui/toast';
import {
  changeWebhook,
  createWebhook,
  deleteWebhook,
  fetchDeliveries,
  fetchWebhooks,
  retryDelivery,
  testWebhook,
} from '../api/library';
import { Dialog } from '@/shared/ui/dialog';
import { useChange, useRecords } from '../hooks/use-records';
import { RecordTable } from './record-table';
import { Section } from './section';

const tell = { onError: (error: unknown) => showError(error) };

export function Webhooks() {
  const [editing, setEditing] = useState<Webhook | 'new' | null>(null);
  const [made, setMade] = useState<Webhook | null>(null);
  const [log, setLog] = useState<Webhook | null>(null);
  const [deleting, setDeleting] = useState<Webhook | null>(null);
  const webhooks = useRecords('webhooks', {}, fetchWebhooks);
  const remove = useChange(['webhooks'], (webhook: Webhook) => deleteWebhook(webhook.id));
  const test = useChange(['deliveries'], (webhook: Webhook) => testWebhook(webhook.id));
  const create = (
    <Button leftSection={<WebhookIcon size={16} />} onClick={() => setEditing('new')}>
      New webhook
    </Button>
  );
  return (
    <Section
      text="Addresses to which news of the library are sent, signed, and again until they are taken."
      actions={create}
    >
      <RecordTable
        label="Webhooks"
        records={webhooks}
        keyOf={(webhook) => webhook.id}
        nameOf={(webhook) => webhook.description || webhook.url}
        empty={<EmptyState icon={<WebhookIcon size={28} strokeWidth={1.6} />} title="There are no webhooks" />}
        columns={[
          {
            title: 'Address',
            cell: (webhook) => (
              <>
                {webhook.url}
                {!webhook.enabled && (
                  <Badge ml={8} size="sm" variant="default">
                    Off
                  </Badge>
                )}
              </>
            ),
          },
          { title: 'Description', cell: (webhook) => webhook.description, minor: true },
          { title: 'Events', cell: (webhook) => webhook.events.join(', ') || 'all', minor: true },
        ]}
        actions={[
          { label: 'Edit', run: setEditing },
          {
            label: 'Send a test',
            run: (webhook) =>
              test.mutate(webhook, {
                ...tell,
                onSuccess: (answer) => {
                  if (answer.delivered) showDone(`It was taken: ${answer.statusCode}`);
                  else
                    showError(new Error(answer.error ?? `It answered ${answer.statusCode}`), 'The test was not taken');
                },
              }),
          },
          { label: 'Deliveries', run: setLog },
          { label: 'Delete', danger: true, run: setDeleting },
        ]}
      />
      {editing && (
        <WebhookForm webhook={editing === 'new' ? null : editing} onClose={() => setEditing(null)} onMade={setMade} />
      )}
      {made?.secret && (
        <Dialog onClose={() => setMade(null)} title="The webhook’s secret" size="md">
          <Alert color="yellow" variant="light" py="xs">
            It is shown this once. With it the receiver checks that news come from here.
          </Alert>
          <Code block mt="md" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {made.secret}
          </Code>
        </Dialog>
      )}
      {log && <Deliveries webhook={log} onClose={() => setLog(null)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete the webhook"
          confirm="Delete"
          onClose={() => setDeleting(null)}
          onConfirm={() => remove.mutate(deleting, tell)}
        >
          Nothing more is sent to {deleting.url}, and its log goes.
        </ConfirmDialog>
      )}
    </Section>
  );
}

interface FormProps {
  webhook: Webhook | null;
  onClose: () => void;
  onMade: (webhook: Webhook) => void;
}

function WebhookForm({ webhook, onClose, onMade }: FormProps) {
  const [url, setUrl] = useState(webhook?.url ?? 'https://');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [events, setEvents] = useState(webhook?.events ?? []);
  const [secret, setSecret] = useState('');
  const [enabled, setEnabled] = useState(webhook?.enabled ?? true);
  const save = useChange(['webhooks'], async () => {
    const given = {
      url: url.trim(),
      description: description.trim() || null,
      events,
      enabled,
      ...(secret ? { secret } : {}),
    };
    if (webhook) await changeWebhook(webhook.id, given);
    else onMade(await createWebhook(given));
  });
  return (
    <FormDialog
      title={webhook ? 'Edit the webhook' : 'New webhook'}
      confirm={webhook ? 'Save' : 'Create'}
      incomplete={!url.trim()}
      submit={() => save.mutateAsync(undefined)}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <TextInput
            label="Address"
            data-autofocus
            type="url"
            value={url}
            error={faultOf('url')}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <TextInput
            label="Description"
            value={description}
            error={faultOf('description')}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <TagsInput
            label="Events"
            description="As asset, asset.move or upload.completed; none: all"
            data={['asset', 'upload', 'job', 'batch']}
            value={events}
            error={faultOf('events')}
            onChange={setEvents}
            acceptValueOnBlur
          />
          <PasswordInput
            label="Secret"
            description={webhook ? 'Left empty, it stays as it is.' : 'Left empty, one is made.'}
            autoComplete="off"
            value={secret}
            error={faultOf('secret')}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
          <Switch label="On" checked={enabled} onChange={(event) => setEnabled(event.currentTarget.checked)} />
        </>
      )}
    </FormDialog>
  );
}

function Deliveries({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const deliveries = useRecords('deliveries', { webhook: webhook.id }, (token) => fetchDeliveries(webhook.id, token));
  const retry = useChange(['deliveries'], (number: number) => retryDelivery(webhook.id, number));
  return (
    <Dialog onClose={onClose} title={`Deliveries to ${webhook.url}`} size="xl">
      <RecordTable
        label="Deliveries"
        records={deliveries}
        keyOf={(delivery) => delivery.id}
        nameOf={(delivery) => `delivery ${delivery.number}`}
        empty={
          <Text size="sm" c="dimmed">
            Nothing has been sent yet.
          </Text>
        }
        columns={[
          { title: 'No.', cell: (delivery) => delivery.number },
          { title: 'Event', cell: (delivery) => delivery.event },
          { title: 'Status', cell: (delivery) => delivery.status },
          {
            title: 'Answer',
            cell: (delivery) => [delivery.statusCode, delivery.error].filter(Boolean).join(' · '),
          },
          { title: 'At', cell: (delivery) => formatDateTime(delivery.createdAt), minor: true },
        ]}
        actions={[
          {
            label: 'Send again',
            unless: (delivery) => delivery.status === 'Waiting',
            run: (delivery) => retry.mutate(delivery.number, tell),
          },
        ]}
      />
    </Dialog>
  );
}
