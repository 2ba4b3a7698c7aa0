import { Button, Loader, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { Download, LinkIcon, Lock, type LucideIcon } from 'lucide-react';
import { useCallback, useMemo, type ReactNode } from 'react';
import { useParams } from 'react-router-dom';
import { MediaStage } from '@/features/player/components/media-stage';
import { StreamAccessContext } from '@/features/player/model/stream-access';
import { PasswordForm } from '@/features/share/components/password-form';
import { freshDownload, renewShare, useSharedAsset } from '@/features/share/hooks/use-shared-asset';
import { detailOf } from '@/features/share/model/shared-detail';
import { downloadUrl } from '@/shared/api/media-url';
import { ApiError, describeError } from '@/shared/api/problem';
import type { SharedAsset } from '@/shared/api/types';
import { formatBytes, formatDateTime, formatDuration } from '@/shared/format/format';
import { Logo } from '@/shared/ui/logo';
import { showError } from '@/shared/ui/toast';
import classes from './share-page.module.css';

/** One file, for whoever has its link. */
export function SharePage() {
  const { token = '' } = useParams();
  const { shared, error, locked, unlock } = useSharedAsset(token);
  useDocumentTitle(shared ? `${shared.displayName} · Reelvault` : 'Shared with you · Reelvault');
  if (shared) return <Shared key={token} token={token} shared={shared} />;
  if (error) return <Refusal error={error} />;
  if (!locked) {
    return (
      <main className={classes.door}>
        <Loader aria-label="Loading" />
      </main>
    );
  }
  return (
    <Door sign={Lock} title="This link needs a password" words="Whoever sent it to you knows it.">
      <PasswordForm unlock={unlock} />
    </Door>
  );
}

interface DoorProps {
  sign: LucideIcon;
  title: string;
  words: string | null;
  children?: ReactNode;
}

/** What is said in place of the file. */
function Door({ sign: Sign, title, words, children }: DoorProps) {
  return (
    <main className={classes.door}>
      <div className={classes.panel}>
        <span className={classes.sign} aria-hidden>
          <Sign size={24} strokeWidth={1.7} />
        </span>
        <Title order={1} fz={22} mt="md">
          {title}
        </Title>
        <Text c="dimmed" size="sm" mt={4} mb={children ? 'lg' : undefined}>
          {words}
        </Text>
        {children}
      </div>
    </main>
  );
}

function Shared({ token, shared }: { token: string; shared: SharedAsset }) {
  const detail = useMemo(() => detailOf(shared), [shared]);
  const access = useCallback(() => renewShare(token, shared.pass), [token, shared.pass]);
  const download = async () => {
    try {
      const url = downloadUrl(await freshDownload(token, shared.pass));
      if (url) window.location.assign(url);
    } catch (refused) {
      showError(refused);
    }
  };
  const facts = [
    shared.durationMs ? formatDuration(shared.durationMs) : null,
    shared.width && shared.height ? `${shared.width} × ${shared.height}` : null,
    formatBytes(shared.size),
    shared.expirationDate ? `until ${formatDateTime(shared.expirationDate)}` : null,
  ].filter(Boolean);
  return (
    <div className={classes.page}>
      <header className={classes.header}>
        <Logo size={26} />
        <div className={classes.name}>
          <Title order={1} fz={16} className={classes.title} title={shared.displayName}>
            {shared.displayName}
          </Title>
          <Text size="xs" c="dimmed" className="rv-tabular">
            {facts.join(' · ')}
          </Text>
        </div>
        {shared.downloadUrl && (
          <Button leftSection={<Download size={16} />} onClick={() => void download()}>
            Download
          </Button>
        )}
      </header>
      <main className={classes.stage} aria-label="Preview">
        <StreamAccessContext.Provider value={access}>
          <MediaStage detail={detail} />
        </StreamAccessContext.Provider>
      </main>
      {shared.message && (
        <section className={classes.message} aria-label="Message">
          {shared.message}
        </section>
      )}
    </div>
  );
}

function Refusal({ error }: { error: unknown }) {
  const gone = error instanceof ApiError && (error.status === 404 || error.status === 410);
  const said = describeError(error);
  return (
    <Door
      sign={LinkIcon}
      title={gone ? 'This link is not valid' : said.title}
      words={gone ? 'It has ended, or was taken back. Ask whoever sent it to you for another.' : said.detail}
    />
  );
}
