import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface Props {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Whether it is all there is on the page, so that its title is the page's. */
  page?: boolean;
}

/** What is shown where nothing is, with the next thing to do. */
export function EmptyState({ icon, title, children, action, page }: Props) {
  return (
    <Stack className={classes.root} align="center" gap={6}>
      <div className={classes.icon} aria-hidden>
        {icon}
      </div>
      <Title order={page ? 1 : 2} fz="lg" ta="center">
        {title}
      </Title>
      {children && (
        <Text c="dimmed" ta="center" maw={420} size="sm">
          {children}
        </Text>
      )}
      {action && <div className={classes.action}>{action}</div>}
    </Stack>
  );
}
