import { Alert, Button, Divider, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CircleAlert, LogIn } from 'lucide-react';
import { explainFailure, signInAddress, signInOfferQuery } from '../api/single-sign-on';

interface Props {
  /** A path of this app to come back to. */
  next: string;
  /** Why the last try failed, as the server says it in the page's address. */
  failure: string | null;
}

/** The way to an OpenID Connect issuer, where the server has one. */
export function SingleSignOn({ next, failure }: Props) {
  const { data: offer } = useQuery(signInOfferQuery);
  const reason = explainFailure(failure);
  if (!reason && !(offer?.enabled && offer.loginUrl)) return null;
  return (
    <Stack gap="md" mb="md">
      {reason && (
        <Alert role="alert" color="red" variant="light" icon={<CircleAlert size={18} />} py="xs">
          {reason}
        </Alert>
      )}
      {offer?.enabled && offer.loginUrl && (
        <>
          <Button
            component="a"
            href={signInAddress(offer.loginUrl, next)}
            size="md"
            variant="default"
            fullWidth
            leftSection={<LogIn size={18} />}
          >
            {offer.label ?? 'Single sign-on'}
          </Button>
          <Divider label="or with a password" />
        </>
      )}
    </Stack>
  );
}
