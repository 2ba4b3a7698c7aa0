import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Principal, PrincipalFinder } from '../accounts/principals';

interface Props {
  label: string;
  placeholder?: string;
  finder: PrincipalFinder;
  without?: string[];
  onChoose: (principal: Principal) => void;
}

/** Finds people and groups by what is typed. */
export function PrincipalSelect({ label, placeholder = 'A person', finder, without = [], onChoose }: Props) {
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text, 200);
  const { data = [], isFetching } = useQuery({
    queryKey: ['principals', ...finder.key, settled],
    queryFn: () => finder.find(settled),
    placeholderData: (previous) => previous,
  });
  const offered = data.filter(({ id }) => !without.includes(id));
  const options = (kind: Principal['kind']) =>
    offered.filter((one) => one.kind === kind).map(({ id, name }) => ({ value: id, label: name }));
  const groups = options('group');
  const short = text.trim().length < finder.least;
  const nothing = short
    ? `Type a whole name, or at least ${finder.least} letters of it`
    : data.length > 0
      ? 'Nobody else of that name'
      : 'Nobody of that name';
  return (
    <Select
      label={label}
      placeholder={placeholder}
      searchable
      value={null}
      searchValue={text}
      onSearchChange={setText}
      nothingFoundMessage={settled !== text || isFetching ? 'Looking…' : nothing}
      data={
        groups.length === 0
          ? options('user')
          : [
              { group: 'Groups', items: groups },
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
