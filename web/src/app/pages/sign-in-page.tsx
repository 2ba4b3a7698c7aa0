import { Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { Navigate, useSearchParams } from 'react-router-dom';
import { SignInForm } from '@/features/account/components/sign-in-form';
import { SingleSignOn } from '@/features/account/components/single-sign-on';
import { useSession } from '@/features/account/hooks/use-session';
import { Logo } from '@/shared/ui/logo';
import classes from './sign-in-page.module.css';

/** Only paths of this app: never to where somebody else's link says. */
function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}

export function SignInPage() {
  useDocumentTitle('Sign in · Reelvault');
  const session = useSession();
  const [search] = useSearchParams();
  const next = safeNext(search.get('next'));
  if (session.data) return <Navigate to={next} replace />;
  return (
    <main className={classes.page}>
      <div className={classes.panel}>
        <Logo size={44} />
        <Title order={1} fz={24} mt="lg">
          Sign in to Reelvault
        </Title>
        <Text c="dimmed" size="sm" mt={4} mb="xl">
          Your films, sound, pictures and documents.
        </Text>
        <SingleSignOn next={next} failure={search.get('error')} />
        <SignInForm />
      </div>
    </main>
  );
}
