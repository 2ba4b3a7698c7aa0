import { Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import classes from './place-grid.module.css';

interface GridProps {
  loading: boolean;
  children: ReactNode;
}

/** Large cards of the places where one may go on: roots, collections. */
export function PlaceGrid({ loading, children }: GridProps) {
  return (
    <div className={classes.grid}>
      {loading && [0, 1, 2].map((n) => <Skeleton key={n} height={92} radius="md" />)}
      {children}
    </div>
  );
}

interface CardProps {
  to: string;
  icon: ReactNode;
  name: string;
  text: string;
}

export function PlaceCard({ to, icon, name, text }: CardProps) {
  return (
    <Link to={to} className={classes.place}>
      <span className={classes.icon}>{icon}</span>
      <span className={classes.text}>
        <Text fw={600} truncate>
          {name}
        </Text>
        <Text size="xs" c="dimmed" truncate>
          {text}
        </Text>
      </span>
    </Link>
  );
}
