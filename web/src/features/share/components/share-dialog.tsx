import { Alert, Button, Checkbox, Divider, Group, Select, Stack, TagsInput, Textarea, TextInput } from '@mantine/core';
import { Link2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import type { Asset, MadeShare } from '@/shared/api/types';
import { ApiError, describeError } from '@/shared/api/problem';
import { Dialog } from '@/shared/ui/dialog';
import { useMakeShare } from '../hooks/use-shares';
import { expiryAfter, lifetimes } from '../model/expiry';
import { MadeLink } from './made-link';
import { ShareList } from './share-list';

/** Links to one file for people without an account: making, copying, listing and revoking them. */
export function ShareDialog({ asset, onClose }: { asset: Pick<Asset, 'id' | 'displayName'>; onClose: () => void }) {
  const [made, setMade] = useState<MadeShare | null>(null);
  return (
    <Dialog onClose={onClose} title={`Share “${asset.displayName}”`} size="lg">
      <Stack gap="md">
        {made ? (
          <MadeLink made={made} onAnother={() => setMade(null)} />
        ) : (
          <ShareForm assetId={asset.id} onMade={setMade} />
        )}
        <Divider />
        <ShareList assetId={asset.id} />
      </Stack>
    </Dialog>
  );
}

function ShareForm({ assetId, onMade }: { assetId: string; onMade: (made: MadeShare) => void }) {
  const [days, setDays] = useState('30');
  const [password, setPassword] = useState('');
  const [allowDownload, setAllowDownload] = useState(false);
  const [recipients, setRecipients] = useState<string[]>([]);
  const [message, setMessage] = useState('');
  const make = useMakeShare(assetId);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate(
      {
        recipients,
        expirationDate: expiryAfter(days),
        password: password || undefined,
        allowDownload,
        allowAnnotations: false,
        message: message.trim() || undefined,
      },
      { onSuccess: onMade },
    );
  };
  const said = make.error ? describeError(make.error) : null;
  const faultOf = (name: string) => (make.error instanceof ApiError ? make.error.fieldMessage(name) : undefined);
  const recipientFault = recipients.map((_, index) => faultOf(`recipients/${index}`)).find(Boolean);
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group grow align="flex-start" preventGrowOverflow={false} wrap="wrap">
          <Select
            label="Good for"
            data={lifetimes}
            value={days}
            allowDeselect={false}
            error={faultOf('expirationDate')}
            onChange={(value) => setDays(value ?? '')}
          />
          <TextInput
            label="Password"
            placeholder="None"
            autoComplete="off"
            maxLength={1024}
            value={password}
            error={faultOf('password')}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        </Group>
        <TagsInput
          label="For"
          description="E-mail addresses; the link is mailed to them where a mail server is set up"
          placeholder={recipients.length === 0 ? 'ann@example.com' : undefined}
          splitChars={[',', ' ', ';']}
          maxTags={50}
          value={recipients}
          error={recipientFault ?? faultOf('recipients')}
          onChange={setRecipients}
        />
        <Textarea
          label="Message"
          description="Shown with the file"
          autosize
          minRows={2}
          maxRows={6}
          maxLength={2000}
          value={message}
          error={faultOf('message')}
          onChange={(event) => setMessage(event.currentTarget.value)}
        />
        <Checkbox
          label="The original may be downloaded"
          description="With all that is written in the file, such as where a photograph was taken"
          checked={allowDownload}
          onChange={(event) => setAllowDownload(event.currentTarget.checked)}
        />
        {said && (
          <Alert color="red" variant="light" role="alert" py="xs" title={said.title}>
            {said.detail}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button type="submit" loading={make.isPending} leftSection={<Link2 size={16} />}>
            Make a link
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
