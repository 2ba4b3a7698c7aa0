import { Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './page-header.module.css';

interface Props {
  title?: string;
  /** In place of a title: breadcrumbs. */
  path?: ReactNode;
  actions?: ReactNode;
  /** On a phone the actions get a line of their own. */
  tall?: boolean;
}

export function PageHeader({ title, path, actions, tall = false }: Props) {
  return (
    <div className={classes.header} data-tall={tall}>
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
