import { useDocumentTitle } from '@mantine/hooks';
import { useEffect, useRef, type ComponentType } from 'react';
import { Navigate, NavLink, useParams } from 'react-router-dom';
import { ApiKeys } from '@/features/admin/components/api-keys';
import { Audit } from '@/features/admin/components/audit';
import { Buckets } from '@/features/admin/components/buckets';
import { Fields } from '@/features/admin/components/fields';
import { Grants } from '@/features/admin/components/grants';
import { Groups } from '@/features/admin/components/groups';
import { Users } from '@/features/admin/components/users';
import { Webhooks } from '@/features/admin/components/webhooks';
import type { User } from '@/shared/api/types';
import { PageHeader } from '../shell/page-header';
import { useShell } from '../shell/shell';
import classes from './admin-page.module.css';
import { NotFoundPage } from './not-found-page';

interface Section {
  path: string;
  name: string;
  Content: ComponentType<{ self: User }>;
}

const sections: Section[] = [
  { path: 'users', name: 'Users', Content: Users },
  { path: 'groups', name: 'Groups', Content: Groups },
  { path: 'grants', name: 'Grants', Content: Grants },
  { path: 'api-keys', name: 'API keys', Content: ApiKeys },
  { path: 'buckets', name: 'Buckets', Content: Buckets },
  { path: 'fields', name: 'Fields', Content: Fields },
  { path: 'webhooks', name: 'Webhooks', Content: Webhooks },
  { path: 'audit', name: 'Audit', Content: Audit },
];

export function AdminPage() {
  const { user } = useShell();
  const { section: path } = useParams();
  const section = sections.find((one) => one.path === path);
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the tabs are wider than the page.
    tabs.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  useDocumentTitle(`${section?.name ?? 'Administration'} · Reelvault`);
  if (user.role !== 'admin') return <NotFoundPage />;
  if (!section) return <Navigate to="/admin/users" replace />;
  return (
    <>
      <PageHeader title="Administration" />
      <nav ref={tabs} className={classes.tabs} aria-label="Administration">
        {sections.map((one) => (
          <NavLink key={one.path} to={`/admin/${one.path}`} className={classes.tab}>
            {one.name}
          </NavLink>
        ))}
      </nav>
      <section.Content self={user} />
    </>
  );
}

/** One's own keys, for everybody. */
export function KeysPage() {
  useDocumentTitle('API keys · Reelvault');
  return (
    <>
      <PageHeader title="API keys" />
      <ApiKeys />
    </>
  );
}
