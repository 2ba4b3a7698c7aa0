import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import type { Field, SearchFacets } from '@/shared/api/types';
import { statusLook } from '@/shared/assets/status';
import { useFields } from '@/shared/assets/vocabulary';
import { mediaName } from '@/shared/ui/media-icon';
import { toggled, type Criteria } from '../model/criteria';
import classes from './facets.module.css';

interface Props {
  facets: SearchFacets;
  criteria: Criteria;
  onCriteria: (criteria: Criteria) => void;
}

const titles: [string, string][] = [
  ['mediaType', 'Kind'],
  ['tags', 'Tags'],
  ['createdAt', 'Added in'],
  ['assetStatus', 'Status'],
];
const shownAtFirst = 6;

function labelOf(facet: string, value: string): string {
  if (facet === 'mediaType') return value === 'other' ? 'Other files' : mediaName(value);
  if (facet === 'assetStatus') return statusLook(Number(value)).label;
  if (value === 'true') return 'Yes';
  if (value === 'false') return 'No';
  return value;
}

/** What was found, counted by kind, tag, year and so on; each is a filter. */
export function Facets({ facets, criteria, onCriteria }: Props) {
  const fields = useFields();
  const custom = Object.keys(facets)
    .filter((facet) => facet.startsWith('customFields.'))
    .map((facet): [string, string] => [facet, titleOf(fields, facet)]);
  const any = Object.keys(criteria.chosen).length > 0;
  return (
    <div className={classes.facets}>
      {any && (
        <Button size="compact-sm" variant="subtle" onClick={() => onCriteria({ ...criteria, chosen: {} })}>
          Clear the filters
        </Button>
      )}
      {[...titles, ...custom].map(([facet, title]) => (
        <Group
          key={facet}
          facet={facet}
          title={title}
          counts={facets[facet] ?? []}
          chosen={criteria.chosen[facet] ?? []}
          onToggle={(value) => onCriteria(toggled(criteria, facet, value))}
        />
      ))}
    </div>
  );
}

function titleOf(fields: Field[], facet: string): string {
  const name = facet.slice('customFields.'.length);
  return fields.find((field) => field.name === name)?.label || name;
}

interface GroupProps {
  facet: string;
  title: string;
  counts: SearchFacets[string];
  chosen: string[];
  onToggle: (value: string) => void;
}

function Group({ facet, title, counts, chosen, onToggle }: GroupProps) {
  const [all, setAll] = useState(false);
  // A filter stays where it can be taken back, also when nothing of it is left.
  const missing = chosen.filter((value) => !counts.some((one) => String(one.value) === value));
  const entries = [
    ...counts.map(({ value, count }) => ({ value: String(value), count })),
    ...missing.map((value) => ({ value, count: 0 })),
  ];
  if (entries.length === 0) return null;
  const shown = all ? entries : entries.filter(({ value }, index) => index < shownAtFirst || chosen.includes(value));
  return (
    <fieldset className={classes.group}>
      <legend className={classes.title}>{title}</legend>
      {shown.map(({ value, count }) => (
        <Checkbox
          key={value}
          size="xs"
          classNames={{ root: classes.choice, body: classes.choiceBody, labelWrapper: classes.choiceLabel }}
          checked={chosen.includes(value)}
          onChange={() => onToggle(value)}
          label={
            <>
              <span className={classes.name}>{labelOf(facet, value)}</span>
              <span className={`${classes.count} rv-tabular`}>{count.toLocaleString('en-GB')}</span>
            </>
          }
        />
      ))}
      {entries.length > shown.length && (
        <button type="button" className={classes.more} onClick={() => setAll(true)}>
          {entries.length - shown.length} more
        </button>
      )}
    </fieldset>
  );
}
