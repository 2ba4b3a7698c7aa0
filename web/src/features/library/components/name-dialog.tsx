import { Alert, Button, Group, Stack, TextInput } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError, describeError } from '@/shared/api/problem';
import { Dialog } from '@/shared/ui/dialog';

interface Props {
  onClose: () => void;
  title: string;
  label: string;
  initial?: string;
  confirm: string;
  /** How many characters to select at first: the name without its extension. */
  select?: number;
  submit: (name: string, keepBoth: boolean) => Promise<unknown>;
}

/** Asks for a name, and what to do when it is taken. */
export function NameDialog({ onClose, title, ...form }: Props) {
  return (
    <Dialog onClose={onClose} title={title} size="sm">
      <NameForm {...form} onClose={onClose} />
    </Dialog>
  );
}

function NameForm({ onClose, label, initial = '', confirm, select, submit }: Omit<Props, 'title'>) {
  const [name, setName] = useState(initial);
  const [error, setError] = useState<unknown>(null);
  const [pending, setPending] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const taken = error instanceof ApiError && error.is('name-taken');

  useEffect(() => {
    field.current?.setSelectionRange(0, select ?? initial.length);
  }, [select, initial.length]);

  const run = async (keepBoth: boolean) => {
    const trimmed = name.trim();
    if (!trimmed) return;
    if (trimmed === initial && !keepBoth) return onClose();
    setPending(true);
    try {
      await submit(trimmed, keepBoth);
      onClose();
    } catch (refused) {
      setError(refused);
    } finally {
      setPending(false);
    }
  };

  const message = () => {
    if (!error) return null;
    if (error instanceof ApiError) {
      const field = error.fieldMessage('displayName');
      if (field) return field;
    }
    const said = describeError(error);
    return said.detail ?? said.title;
  };

  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void run(false);
      }}
    >
      <Stack>
        <TextInput
          ref={field}
          label={label}
          data-autofocus
          value={name}
          maxLength={255}
          error={taken ? undefined : message()}
          onChange={(event) => {
            setName(event.currentTarget.value);
            setError(null);
          }}
        />
        {taken && (
          <Alert color="yellow" variant="light" role="alert" py="xs">
            {message()}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          {taken ? (
            <Button loading={pending} onClick={() => void run(true)}>
              Keep both
            </Button>
          ) : (
            <Button type="submit" loading={pending} disabled={!name.trim()}>
              {confirm}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
