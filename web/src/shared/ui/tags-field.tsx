import { TagsInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useTags } from '../assets/vocabulary';

interface Props {
  label: string;
  description?: string;
  value: string[];
  error?: string;
  autoFocus?: boolean;
  onChange: (tags: string[]) => void;
}

/** Tags to type, with those of the library to choose from. */
export function TagsField({ autoFocus = false, ...props }: Props) {
  const [text, setText] = useState('');
  const [settled] = useDebouncedValue(text, 150);
  const known = useTags(settled.trim());
  return (
    <TagsInput
      {...props}
      data-autofocus={autoFocus || undefined}
      placeholder={props.value.length === 0 ? 'Type and press Enter' : undefined}
      data={known.map((tag) => tag.name)}
      searchValue={text}
      onSearchChange={setText}
      // Offered while typing: a list that stays open after Enter would lie over the button that saves.
      dropdownOpened={text === '' ? false : undefined}
      splitChars={[',', ';']}
      acceptValueOnBlur
    />
  );
}
