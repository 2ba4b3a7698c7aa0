import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Dialog } from './dialog';

interface Props {
  title: string;
  children: ReactNode;
  confirm: string;
  /** Red: what is lost by it. */
  color?: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before what cannot be taken back, or what everybody will see. */
export function ConfirmDialog({ title, children, confirm, color = 'red', onConfirm, onClose }: Props) {
  return (
    <Dialog onClose={onClose} title={title} size="sm">
      <Text size="sm" component="div" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Text>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button
          color={color}
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {confirm}
        </Button>
      </Group>
    </Dialog>
  );
}
