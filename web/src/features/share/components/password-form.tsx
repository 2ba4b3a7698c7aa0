import { Button, PasswordInput, Stack } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { ApiError, describeError } from '@/shared/api/problem';

interface Props {
  unlock: (password: string) => Promise<unknown>;
}

export function PasswordForm({ unlock }: Props) {
  const [password, setPassword] = useState('');
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setPending(true);
    try {
      await unlock(password);
    } catch (refused) {
      setError(wordsFor(refused));
      setPending(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <PasswordInput
          label="Password"
          data-autofocus
          autoComplete="off"
          maxLength={1024}
          value={password}
          error={error}
          onChange={(event) => {
            setPassword(event.currentTarget.value);
            setError(null);
          }}
        />
        <Button type="submit" loading={pending} disabled={!password}>
          Open
        </Button>
      </Stack>
    </form>
  );
}

function wordsFor(error: unknown): string {
  if (error instanceof ApiError && error.is('wrong-password')) return 'That is not the password of this link.';
  const said = describeError(error);
  return said.detail ?? said.title;
}
