import { Alert, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { ApiError, describeError } from '@/shared/api/problem';
import type { Asset } from '@/shared/api/types';
import { Dialog } from '@/shared/ui/dialog';
import { useUndelete } from '../hooks/use-bin';
import { FolderPicker } from './folder-picker';

interface Props {
  asset: Asset;
  /** Why it did not go back by itself. */
  error: unknown;
  onClose: () => void;
}

/** What to do when something cannot go back to where it was. */
export function UndeleteDialog({ asset, error: refused, onClose }: Props) {
  const restore = useUndelete();
  const [choosing, setChoosing] = useState(false);
  const [parentId, setParentId] = useState<string>();
  const error = restore.error ?? refused;
  const taken = error instanceof ApiError && error.is('name-taken');
  const said = describeError(error);
  const run = (given: { parentId?: string; onConflict?: 'rename' }) =>
    restore.mutate({ asset, ...given }, { onSuccess: onClose });
  if (choosing) {
    return (
      <FolderPicker
        title={`Restore “${asset.displayName}” to`}
        confirm="Restore here"
        startId={null}
        assets={[asset]}
        onClose={() => setChoosing(false)}
        onChoose={(folder) => {
          setParentId(folder.id);
          run({ parentId: folder.id });
        }}
      />
    );
  }
  return (
    <Dialog onClose={onClose} title={`Restore “${asset.displayName}”`} size="sm">
      <Alert color="yellow" variant="light" role="alert" py="xs">
        {said.detail ?? said.title}
      </Alert>
      <Text size="sm" c="dimmed" mt="sm">
        {taken ? 'It can go back under another name, or to another folder.' : 'It can go to another folder instead.'}
      </Text>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button variant={taken ? 'default' : 'filled'} onClick={() => setChoosing(true)}>
          Another folder…
        </Button>
        {taken && (
          <Button data-autofocus loading={restore.isPending} onClick={() => run({ parentId, onConflict: 'rename' })}>
            Keep both
          </Button>
        )}
      </Group>
    </Dialog>
  );
}
