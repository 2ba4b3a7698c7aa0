/** Short notes at the edge of the page. Errors say what the server said, and stay until read. */
import { notifications } from '@mantine/notifications';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { describeError } from '../api/problem';

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

export function showDone(message: string): void {
  notifications.show({
    message,
    icon: <CircleCheck size={18} />,
    color: 'teal',
    autoClose: 3000,
    withBorder: true,
  });
}
