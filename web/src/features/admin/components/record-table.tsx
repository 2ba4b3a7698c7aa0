import { ActionIcon, Button, Menu, Skeleton, Table } from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import { ErrorState } from '@/shared/ui/error-state';
import type { Records } from '../hooks/use-records';
import classes from './record-table.module.css';

export interface Column<T> {
  title: string;
  cell: (record: T) => ReactNode;
  /** Left out where there is little room. */
  minor?: boolean;
  /** In one line, where there is room. */
  whole?: boolean;
}

export interface RecordAction<T> {
  label: string;
  danger?: boolean;
  run: (record: T) => void;
  unless?: (record: T) => boolean;
}

interface Props<T> {
  label: string;
  records: Records<T>;
  columns: Column<T>[];
  nameOf: (record: T) => string;
  keyOf: (record: T) => string;
  actions?: RecordAction<T>[];
  empty: ReactNode;
}

/** A plain table of records, with a menu of what can be done with each. */
export function RecordTable<T>({ label, records, columns, nameOf, keyOf, actions = [], empty }: Props<T>) {
  if (records.error && records.items.length === 0) {
    return <ErrorState error={records.error} onRetry={() => void records.refetch()} />;
  }
  if (records.isPending) {
    return (
      <div className={classes.loading} role="status" aria-label="Loading">
        {[0, 1, 2, 3].map((n) => (
          <Skeleton key={n} height={36} />
        ))}
      </div>
    );
  }
  if (records.items.length === 0) return <>{empty}</>;
  return (
    // What is wider than the page is scrolled, with the keys as well.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <Table className={classes.table} verticalSpacing={9} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, minor }) => (
              <Table.Th key={title} className={minor ? classes.minor : undefined}>
                {title}
              </Table.Th>
            ))}
            {actions.length > 0 && (
              <Table.Th className={classes.menu}>
                <span className="rv-visually-hidden">Actions</span>
              </Table.Th>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {records.items.map((record) => (
            <Table.Tr key={keyOf(record)}>
              {columns.map(({ title, cell, minor, whole }) => (
                <Table.Td key={title} className={minor ? classes.minor : whole ? classes.whole : undefined}>
                  {cell(record)}
                </Table.Td>
              ))}
              {actions.length > 0 && (
                <Table.Td className={classes.menu}>
                  <RecordMenu record={record} name={nameOf(record)} actions={actions} />
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {records.hasNextPage && (
        <Button
          variant="subtle"
          m="sm"
          loading={records.isFetchingNextPage}
          onClick={() => void records.fetchNextPage()}
        >
          Show more
        </Button>
      )}
    </div>
  );
}

interface MenuProps<T> {
  record: T;
  name: string;
  actions: RecordAction<T>[];
}

function RecordMenu<T>({ record, name, actions }: MenuProps<T>) {
  const offered = actions.filter((action) => !action.unless?.(record));
  if (offered.length === 0) return null;
  return (
    <Menu position="bottom-end" width={190}>
      <Menu.Target>
        <ActionIcon size={30} aria-label={`Actions for ${name}`}>
          <Ellipsis size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map(({ label, danger, run }) => (
          <Menu.Item key={label} color={danger ? 'red' : undefined} onClick={() => run(record)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
