import { ActionIcon, Button, Menu } from '@mantine/core';
import { ArrowUpDown, SlidersHorizontal, X } from 'lucide-react';
import { ChoiceItem } from '@/shared/ui/choice-item';
import { sorts, type Criteria } from '../model/criteria';
import classes from './search-toolbar.module.css';

interface Props {
  criteria: Criteria;
  /** The name of the folder below which is searched. */
  folderName: string | undefined;
  onCriteria: (criteria: Criteria) => void;
  onFilters: () => void;
}

/** Where is searched, in which order; on a small page also the way to the filters. */
export function SearchToolbar({ criteria, folderName, onCriteria, onFilters }: Props) {
  const current = sorts.find(({ value }) => value === criteria.sort) ?? sorts[0];
  const count = Object.values(criteria.chosen).flat().length;
  return (
    <>
      {criteria.folderId && (
        <Button
          variant="light"
          size="sm"
          maw={240}
          rightSection={<X size={14} aria-hidden />}
          aria-label={`Search everywhere, and not only in ${folderName ?? 'this folder'}`}
          onClick={() => onCriteria({ ...criteria, folderId: null })}
        >
          In {folderName ?? '…'}
        </Button>
      )}
      <Menu position="bottom-end" width={190}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={`Sort: ${current.label}`}>
            <ArrowUpDown size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {sorts.map(({ value, label }) => (
            <ChoiceItem
              key={value}
              chosen={value === criteria.sort}
              onChoose={() => onCriteria({ ...criteria, sort: value })}
            >
              {label}
            </ChoiceItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button
        className={classes.filters}
        variant="default"
        size="sm"
        leftSection={<SlidersHorizontal size={16} />}
        onClick={onFilters}
      >
        Filters{count > 0 ? ` ${count}` : ''}
      </Button>
    </>
  );
}
