import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './section.module.css';

interface Props {
  text: string;
  /** The button for a new one, filters. */
  actions?: ReactNode;
  children: ReactNode;
}

/** One kind of record: what it is for, what can be made of it, the table. */
export function Section({ text, actions, children }: Props) {
  return (
    <div className={classes.section}>
      <div className={classes.head}>
        <Text size="sm" c="dimmed" className={classes.text}>
          {text}
        </Text>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
