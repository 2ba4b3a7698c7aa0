import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError, describeError } from '@/shared/api/problem';
import { useSignIn } from '../hooks/use-session';

function explain(error: unknown): string {
  if (error instanceof ApiError && error.status === 401) return 'That user name and password do not match.';
  const said = describeError(error);
  return [said.title, said.detail].filter(Boolean).join('. ').replace(/\.\. /, '. ');
}

export function SignInForm() {
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const passwordField = useRef<HTMLInputElement>(null);
  const signIn = useSignIn();
  const { error } = signIn;

  useEffect(() => {
    if (error) passwordField.current?.select();
  }, [error]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ username: username.trim(), password });
  };

  return (
    <form onSubmit={submit} aria-label="Sign in">
      <Stack gap="md">
        {error && (
          <Alert role="alert" color="red" variant="light" icon={<CircleAlert size={18} />} py="xs">
            {explain(error)}
          </Alert>
        )}
        <TextInput
          label="User name"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          size="md"
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordInput
          ref={passwordField}
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" fullWidth mt="xs" loading={signIn.isPending}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
