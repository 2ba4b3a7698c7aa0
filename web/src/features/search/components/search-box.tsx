import { CloseButton, Combobox, Kbd, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue, useHotkeys } from '@mantine/hooks';
import { File, Folder, Search, Tag } from 'lucide-react';
import { useRef, useState } from 'react';
import { useSuggestions } from '../hooks/use-search';
import { queryOfName } from '../model/criteria';
import classes from './search-box.module.css';

export interface Wanted {
  query?: string;
  tag?: string;
  /** Where alone; null: everywhere; left out: where one searches already. */
  folderId?: string | null;
  /** Of something that there is, as it was suggested: no other filter may hide it. */
  suggested?: boolean;
}

interface Props {
  /** What is searched for now; another takes the place of what was typed. */
  current?: string;
  /** What page it stands beside: on another one, what was typed is over. */
  page?: string;
  /** Where one is: it can be searched alone. */
  folder?: { id: string; displayName: string };
  /** The key "/" leads here. */
  hotkey?: boolean;
  autoFocus?: boolean;
  className?: string;
  onSearch: (wanted: Wanted) => void;
}

/** The words to search for, with what begins so, and where to look for it. */
export function SearchBox({
  current = '',
  page = '',
  folder,
  hotkey = false,
  autoFocus = false,
  className,
  onSearch,
}: Props) {
  const [text, setText] = useState(current);
  const [place, setPlace] = useState({ current, page });
  if (place.current !== current || place.page !== page) {
    setPlace({ current, page });
    setText(current);
  }
  const [settled] = useDebouncedValue(text, 120);
  const { data: suggestions = [] } = useSuggestions(settled);
  const field = useRef<HTMLInputElement>(null);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  useHotkeys(hotkey ? [['/', () => field.current?.focus()]] : []);

  const query = text.trim();
  const search = (wanted: Wanted) => {
    combobox.closeDropdown();
    onSearch(wanted);
  };
  const choose = (value: string) => {
    const [kind, ...rest] = value.split(':');
    const words = rest.join(':');
    if (kind === 'folder' && folder) search({ query, folderId: folder.id });
    else if (kind === 'words') search({ query, folderId: null });
    else if (kind === 'tag') {
      setText('');
      search({ tag: words, folderId: null, suggested: true });
    } else {
      const name = queryOfName(words);
      setText(name);
      search({ query: name, folderId: null, suggested: true });
    }
  };
  return (
    <search className={className}>
      <Combobox store={combobox} onOptionSubmit={choose} width={340} position="bottom-start" withinPortal>
        <Combobox.Target>
          <TextInput
            ref={field}
            type="search"
            aria-label="Search"
            placeholder="Search"
            autoFocus={autoFocus}
            autoComplete="off"
            value={text}
            classNames={{ input: classes.input }}
            leftSection={<Search size={15} aria-hidden />}
            rightSection={
              text ? (
                <CloseButton
                  size="sm"
                  aria-label="Clear"
                  onClick={() => {
                    setText('');
                    field.current?.focus();
                  }}
                />
              ) : (
                hotkey && (
                  <Kbd size="xs" aria-hidden>
                    /
                  </Kbd>
                )
              )
            }
            onChange={(event) => {
              setText(event.currentTarget.value);
              combobox.openDropdown();
              combobox.resetSelectedOption();
            }}
            onFocus={() => query && combobox.openDropdown()}
            onBlur={() => combobox.closeDropdown()}
            onKeyDown={(event) => {
              if (event.key === 'Escape' && !combobox.dropdownOpened) setText('');
              if (event.key !== 'Enter' || combobox.getSelectedOptionIndex() >= 0) return;
              event.preventDefault();
              search({ query });
            }}
          />
        </Combobox.Target>
        <Combobox.Dropdown hidden={!query}>
          <Combobox.Options aria-label="Suggestions">
            {folder && (
              <Combobox.Option value="folder:">
                <span className={classes.option}>
                  <Folder size={15} aria-hidden />
                  <span className={classes.text}>
                    “{query}” in <b>{folder.displayName}</b>
                  </span>
                </span>
              </Combobox.Option>
            )}
            <Combobox.Option value={`words:${query}`}>
              <span className={classes.option}>
                <Search size={15} aria-hidden />
                <span className={classes.text}>“{query}” everywhere</span>
              </span>
            </Combobox.Option>
            {suggestions.map(({ kind, text: suggested }) => (
              <Combobox.Option key={`${kind}:${suggested}`} value={`${kind}:${suggested}`}>
                <span className={classes.option}>
                  {kind === 'tag' ? <Tag size={15} aria-label="Tag" /> : <File size={15} aria-label="Name" />}
                  <span className={classes.text}>{suggested}</span>
                </span>
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
    </search>
  );
}
