/** Short notes at the edge of the page. Errors say what the server said, and stay until read. */
import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { describeError } from '../api/problem';

let number = 0;

export function showError(error: unknown, title?: string): void {
  const said = describeError(error);
  notifications.show({
    // The same fault said twice within a moment is one note.
    id: `error:${title ?? said.title}:${said.detail ?? ''}`,
    title: title ?? said.title,
    message: title && !said.detail ? said.title : said.detail,
    color: 'red',
    icon: <CircleAlert size={18} />,
    autoClose: 8000,
    withBorder: true,
  });
}

interface ToastAction {
  label: string;
  run: () => void;
}

export function showDone(message: string, action?: ToastAction): void {
  const id = `done:${(number += 1)}`;
  notifications.show({
    id,
    message: action ? (
      <Group gap="xs" justify="space-between">
        <span style={{ overflowWrap: 'anywhere' }}>{message}</span>
        <Button
          size="compact-sm"
          variant="light"
          onClick={() => {
            notifications.hide(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      </Group>
    ) : (
      message
    ),
    icon: <CircleCheck size={18} />,
    color: 'teal',
    autoClose: action ? 8000 : 3000,
    withBorder: true,
  });
}
