import { Alert, Button, Group, Stack, TextInput } from '@mantine/core';
import { Copy } from 'lucide-react';
import type { MadeShare } from '@/shared/api/types';
import { copyText } from '@/shared/lib/clipboard';
import { showDone } from '@/shared/ui/toast';

interface Props {
  made: MadeShare;
  onAnother: () => void;
}

export function MadeLink({ made, onAnother }: Props) {
  const copy = async () => {
    if (await copyText(made.url)) showDone('Link copied');
  };
  return (
    <Alert color="teal" variant="light" title="The link is made" role="status">
      <Stack gap="sm">
        <span>
          {made.mailed
            ? 'It goes to those it is for by mail. It is shown this once.'
            : 'Copy it now: it is shown this once.'}
        </span>
        <Group gap="xs" wrap="nowrap" align="flex-end">
          <TextInput
            aria-label="Link"
            readOnly
            value={made.url}
            style={{ flex: 1 }}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Button leftSection={<Copy size={16} />} onClick={() => void copy()}>
            Copy
          </Button>
        </Group>
        <Group>
          <Button variant="subtle" size="compact-sm" onClick={onAnother}>
            Make another
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
