import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { FormDialog } from '@/shared/ui/form-dialog';
import { showDone } from '@/shared/ui/toast';
import { changePassword } from '../api/account';

/** Another password for oneself. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [wanted, setWanted] = useState('');
  const submit = async () => {
    await changePassword(current, wanted);
    showDone('Your password is changed');
  };
  return (
    <FormDialog
      title="Change password"
      confirm="Change"
      size="sm"
      incomplete={!current || !wanted}
      submit={submit}
      onClose={onClose}
    >
      {(faultOf) => (
        <>
          <PasswordInput
            label="Present password"
            data-autofocus
            autoComplete="current-password"
            value={current}
            error={faultOf('currentPassword')}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            label="New password"
            description="You stay signed in here, and are signed out everywhere else."
            autoComplete="new-password"
            value={wanted}
            error={faultOf('newPassword')}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
        </>
      )}
    </FormDialog>
  );
}
