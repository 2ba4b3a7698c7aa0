import { Button, Group, Modal, Text } from '@mantine/core';
import type { Asset } from '@/shared/api/types';
import { isFolder } from '@/shared/assets/status';

interface Props {
  asset: Asset;
  onClose: () => void;
  onConfirm: () => void;
}

export function BinDialog({ asset, onClose, onConfirm }: Props) {
  return (
    <Modal opened onClose={onClose} title="Move to bin" size="sm">
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        “{asset.displayName}” {isFolder(asset) ? 'and all that is in it goes' : 'goes'} to the bin and is no longer
        shown to anybody.
      </Text>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          color="red"
          data-autofocus
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          Move to bin
        </Button>
      </Group>
    </Modal>
  );
}
