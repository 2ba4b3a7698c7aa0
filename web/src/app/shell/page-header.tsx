import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './page-header.module.css';

interface Props {
  title?: string;
  /** In place of a title: breadcrumbs. */
  path?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ title, path, actions }: Props) {
  return (
    <div className={classes.header}>
      <div className={classes.path}>
        {path ?? (
          <Title order={1} fz={18}>
            {title}
          </Title>
        )}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
