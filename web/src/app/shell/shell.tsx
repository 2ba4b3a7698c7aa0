import { ActionIcon, Drawer } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { Menu as MenuIcon, Search } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link, Outlet, useLocation, useOutletContext } from 'react-router-dom';
import { BatchReports } from '@/features/library/components/batch-reports';
import { UploadPanel } from '@/features/upload/components/upload-panel';
import { UploadPill } from '@/features/upload/components/upload-pill';
import { useUploadSession } from '@/features/upload/hooks/use-uploads';
import type { User } from '@/shared/api/types';
import { Logo } from '@/shared/ui/logo';
import { Toasts } from '@/shared/ui/toasts';
import { useLiveUpdates } from '../hooks/use-live-updates';
import { LiveNotice } from './live-notice';
import { Rail } from './rail';
import classes from './shell.module.css';

export interface ShellContext {
  user: User;
  /** Viewers look; what they may not do is not offered. The server decides in any case. */
  canEdit: boolean;
}

export function useShell(): ShellContext {
  return useOutletContext<ShellContext>();
}

/** Where the rail is out of sight; as in shell.module.css. */
const narrowScreen = '(max-width: 56em)';

export function Shell({ user }: { user: User }) {
  const [railOpen, rail] = useDisclosure(false);
  const { pathname } = useLocation();
  useLiveUpdates();
  useUploadSession(user.id);

  // What had the focus went with its page: whoever uses the keyboard, or hears the page, is to begin with this one.
  const content = useRef<HTMLElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) content.current?.focus({ preventScroll: true });
  }, [pathname]);

  const closeRail = rail.close;
  useEffect(() => closeRail(), [pathname, closeRail]);

  const narrow = useMediaQuery(narrowScreen, false, { getInitialValueInEffect: false });
  const context: ShellContext = { user, canEdit: user.role !== 'viewer' };
  // In the page and not over it: a player's controls lie in every corner.
  const work = (
    <>
      <Toasts />
      <BatchReports userId={context.canEdit ? user.id : null} />
      <UploadPanel place={narrow ? 'foot' : 'rail'} />
    </>
  );
  return (
    <div className={classes.shell}>
      <a href="#content" className={classes.skip}>
        Skip to content
      </a>
      <aside className={classes.rail}>
        <Rail user={user} work={narrow ? null : work} />
      </aside>
      <Drawer
        opened={railOpen}
        onClose={rail.close}
        size={280}
        padding={0}
        withCloseButton={false}
        title="Menu"
        classNames={{ header: 'rv-visually-hidden', body: classes.drawer }}
      >
        <Rail user={user} />
      </Drawer>
      <div className={classes.column}>
        <header className={classes.topBar}>
          <ActionIcon size={40} onClick={rail.open} aria-label="Open the menu">
            <MenuIcon size={20} />
          </ActionIcon>
          <Link to="/" className={classes.brand}>
            <Logo size={26} />
            Reelvault
          </Link>
          <span className={classes.uploads}>{narrow && <UploadPill />}</span>
          <ActionIcon size={40} component={Link} to="/search" aria-label="Search">
            <Search size={20} />
          </ActionIcon>
        </header>
        <LiveNotice />
        <main ref={content} id="content" className={classes.main} tabIndex={-1}>
          <Outlet context={context} />
        </main>
        {narrow && work}
      </div>
    </div>
  );
}
