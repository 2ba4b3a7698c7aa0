import { ActionIcon, Button, CloseButton, Menu, SegmentedControl, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { ArrowDown, ArrowUp, ArrowUpDown, FolderPlus, LayoutGrid, Rows3, Search } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { ChoiceItem } from '@/shared/ui/choice-item';
import { sorts, type ViewSettings } from '../hooks/use-view-settings';
import classes from './folder-toolbar.module.css';

interface Props {
  settings: ViewSettings;
  onSettings: (settings: ViewSettings) => void;
  onFilter: (name: string) => void;
  onNewFolder?: () => void;
  /** The upload button, which belongs to another feature. */
  children?: ReactNode;
}

export function FolderToolbar({ settings, onSettings, onFilter, onNewFolder, children }: Props) {
  return (
    <>
      <NameFilter onFilter={onFilter} />
      <SortMenu settings={settings} onSettings={onSettings} />
      <ViewSwitch settings={settings} onSettings={onSettings} />
      {onNewFolder && (
        <>
          <Button
            className={classes.wide}
            variant="default"
            size="sm"
            leftSection={<FolderPlus size={16} />}
            onClick={onNewFolder}
          >
            New folder
          </Button>
          <ActionIcon
            className={classes.narrow}
            variant="default"
            size={36}
            onClick={onNewFolder}
            aria-label="New folder"
          >
            <FolderPlus size={17} />
          </ActionIcon>
        </>
      )}
      {children}
    </>
  );
}

/** Pictures or lines. */
export function ViewSwitch({ settings, onSettings }: Pick<Props, 'settings' | 'onSettings'>) {
  return (
    <>
      <SegmentedControl
        className={classes.view}
        aria-label="View"
        size="xs"
        value={settings.view}
        onChange={(view) => onSettings({ ...settings, view: view === 'list' ? 'list' : 'grid' })}
        data={[
          { value: 'grid', label: <ViewLabel icon={<LayoutGrid size={16} aria-hidden />} text="Grid" /> },
          { value: 'list', label: <ViewLabel icon={<Rows3 size={16} aria-hidden />} text="List" /> },
        ]}
      />
      <ActionIcon
        className={classes.narrow}
        variant="default"
        size={36}
        aria-label={settings.view === 'grid' ? 'Show as a list' : 'Show as a grid'}
        onClick={() => onSettings({ ...settings, view: settings.view === 'grid' ? 'list' : 'grid' })}
      >
        {settings.view === 'grid' ? <Rows3 size={17} /> : <LayoutGrid size={17} />}
      </ActionIcon>
    </>
  );
}

function ViewLabel({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <span className={classes.viewLabel} title={text}>
      {icon}
      <span className="rv-visually-hidden">{text}</span>
    </span>
  );
}

function NameFilter({ onFilter }: { onFilter: (name: string) => void }) {
  const [text, setText] = useState('');
  const later = useDebouncedCallback(onFilter, 250);
  const clear = () => {
    setText('');
    onFilter('');
  };
  return (
    <TextInput
      className={classes.filter}
      size="sm"
      placeholder="Filter"
      aria-label="Filter by name"
      leftSection={<Search size={15} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value.trim());
      }}
      onKeyDown={(event) => event.key === 'Escape' && clear()}
      rightSection={text && <CloseButton size="sm" onClick={clear} aria-label="Clear the filter" />}
    />
  );
}

function SortMenu({ settings, onSettings }: Pick<Props, 'settings' | 'onSettings'>) {
  const current = sorts.find((sort) => sort.value === settings.sort) ?? sorts[0];
  const Arrow = settings.descending ? ArrowDown : ArrowUp;
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Tooltip label={`Sorted by ${current.label.toLowerCase()}`}>
          <ActionIcon variant="default" size={36} aria-label={`Sort: ${current.label}`}>
            <ArrowUpDown size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Sort by</Menu.Label>
        {sorts.map((sort) => (
          <ChoiceItem
            key={sort.value}
            chosen={sort.value === settings.sort}
            onChoose={() => onSettings({ ...settings, sort: sort.value, descending: sort.descending })}
          >
            {sort.label}
          </ChoiceItem>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<Arrow size={15} />}
          closeMenuOnClick={false}
          onClick={() => onSettings({ ...settings, descending: !settings.descending })}
        >
          {settings.descending ? 'Descending' : 'Ascending'}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
