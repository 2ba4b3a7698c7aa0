import { Alert, Button, Group, Stack } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { ApiError, describeError } from '@/shared/api/problem';
import { Dialog } from './dialog';

/** What the server said about one member of the request, by its name; undefined where it said nothing. */
export type FaultOf = (...names: string[]) => string | undefined;

interface Props {
  title: string;
  confirm: string;
  /** Nothing can be sent yet. */
  incomplete?: boolean;
  size?: string;
  submit: () => Promise<unknown>;
  onClose: () => void;
  children: (faultOf: FaultOf) => ReactNode;
}

/** A form in a dialog: it stays open with the server's words until the server takes it. */
export function FormDialog({ title, confirm, incomplete = false, size = 'md', submit, onClose, children }: Props) {
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  // Where the fault is, and where it is read out.
  useEffect(() => {
    if (error)
      form.current
        ?.querySelector<HTMLElement>('input[data-invalid], textarea[data-invalid], [aria-invalid="true"]')
        ?.focus();
  }, [error]);
  const named = error instanceof ApiError ? error : null;
  const shown = new Set<string>();
  const faultOf: FaultOf = (...names) => {
    names.forEach((name) => shown.add(name));
    return names.map((name) => named?.fieldMessage(name)).find(Boolean);
  };
  const fields = children(faultOf);
  const run = async () => {
    setPending(true);
    try {
      await submit();
      onClose();
    } catch (refused) {
      setError(refused);
      setPending(false);
    }
  };
  // What stands below its field need not be said twice.
  const saidThere = named && named.fields.length > 0 && named.otherFields(shown).length === 0;
  const said = error && !saidThere ? describeError(error) : null;
  return (
    <Dialog onClose={onClose} title={title} size={size}>
      <form
        ref={form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void run();
        }}
      >
        <Stack gap="sm">
          {fields}
          {said && (
            <Alert color="red" variant="light" role="alert" py="xs" title={said.title}>
              {said.detail}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs" mt="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={pending} disabled={incomplete}>
              {confirm}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
