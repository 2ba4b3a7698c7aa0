import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchGroups, fetchUsers } from '../api/admin';

export interface ChosenPrincipal {
  kind: 'user' | 'group';
  id: string;
  name: string;
}

interface Props {
  label: string;
  kinds: ChosenPrincipal['kind'][];
  without?: string[];
  onChoose: (principal: ChosenPrincipal) => void;
}

async function find(kinds: ChosenPrincipal['kind'][], text: string): Promise<ChosenPrincipal[]> {
  const [groups, users] = await Promise.all([
    kinds.includes('group') ? fetchGroups(undefined, text) : null,
    kinds.includes('user') ? fetchUsers(undefined, text) : null,
  ]);
  return [
    ...(groups?.items ?? []).map(({ id, name }) => ({ kind: 'group' as const, id, name })),
    ...(users?.items ?? []).map((user) => ({
      kind: 'user' as const,
      id: user.id,
      name: user.displayName ? `${user.displayName} (${user.username})` : user.username,
    })),
  ];
}

/** Finds people and groups by what is typed. */
export function PrincipalSelect({ label, kinds, without = [], onChoose }: Props) {
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text, 200);
  const { data = [] } = useQuery({
    queryKey: ['admin', 'principals', kinds, settled],
    queryFn: () => find(kinds, settled),
    placeholderData: (previous) => previous,
  });
  const offered = data.filter(({ id }) => !without.includes(id));
  const options = (kind: ChosenPrincipal['kind']) =>
    offered.filter((one) => one.kind === kind).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      label={label}
      placeholder={kinds.includes('group') ? 'A person or a group' : 'A person'}
      searchable
      value={null}
      searchValue={text}
      onSearchChange={setText}
      nothingFoundMessage="Nobody of that name"
      data={
        kinds.length === 1
          ? options(kinds[0] ?? 'user')
          : [
              { group: 'Groups', items: options('group') },
              { group: 'People', items: options('user') },
            ]
      }
      filter={({ options: all }) => all}
      onChange={(id) => {
        const chosen = offered.find((one) => one.id === id);
        if (!chosen) return;
        setText('');
        onChoose(chosen);
      }}
    />
  );
}
