import type { ReactNode } from 'react';
import type { SearchHit } from '@/shared/api/types';
import { partsOf } from '../model/highlight';
import classes from './highlights.module.css';

const names: Record<string, string> = {
  fileName: 'Uploaded as',
  description: 'Description',
  tags: 'Tags',
  transcript: 'Spoken',
};

function nameOf(field: string): string {
  return names[field] ?? field.replace(/^customFields\./, '');
}

/** Why something was found, where its name does not say so; else undefined. */
export function highlightsOf(hit: SearchHit): ReactNode {
  const best = hit.highlights.find(({ field }) => field !== 'displayName');
  return best && <Highlights best={best} />;
}

function Highlights({ best }: { best: SearchHit['highlights'][number] }) {
  return (
    <span className={classes.line}>
      {nameOf(best.field)}:{' '}
      {partsOf(best.text).map(({ text, marked }, index) =>
        marked ? (
          <mark key={index} className={classes.mark}>
            {text}
          </mark>
        ) : (
          <span key={index}>{text}</span>
        ),
      )}
    </span>
  );
}
