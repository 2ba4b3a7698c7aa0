import { describe, expect, it } from 'vitest';
import type { Field } from '@/shared/api/types';
import { changesOf, fieldsOf, shownValue, textsOf } from './custom-fields';

function field(name: string, type: Field['type'], more: Partial<Field> = {}): Field {
  return {
    id: name,
    name,
    label: name,
    type,
    choices: [],
    required: false,
    multiple: false,
    description: null,
    createdAt: '',
    modifiedAt: '',
    ...more,
  };
}

const fields = [
  field('scene', 'text'),
  field('take', 'number'),
  field('day', 'date'),
  field('good', 'boolean'),
  field('kinds', 'choice', { multiple: true, choices: ['a', 'b'] }),
];

describe('custom fields', () => {
  it('send only what differs', () => {
    const before = { scene: '12A', take: 3, kinds: ['a'], good: true };
    const texts = textsOf(fields, before);
    expect(changesOf(fields, before, texts)).toEqual({});
    expect(changesOf(fields, before, { ...texts, take: '4', kinds: ['a', 'b'], good: false })).toEqual({
      take: 4,
      kinds: ['a', 'b'],
      good: false,
    });
  });

  it('send null for what was emptied, and nothing for what was empty', () => {
    const before = { scene: '12A', kinds: ['a'] };
    const texts = textsOf(fields, before);
    expect(changesOf(fields, before, { ...texts, scene: ' ', kinds: [], good: null })).toEqual({
      scene: null,
      kinds: null,
    });
  });

  it('leave to the server what is not a number', () => {
    expect(changesOf(fields, {}, { take: 'four' })).toEqual({ take: 'four' });
  });

  it('keep the kind of members that nobody defined', () => {
    const before = { rating: 5, seen: false, note: 'x' };
    const all = fieldsOf([], before);
    expect(all.map(({ name }) => name)).toEqual(['note', 'rating', 'seen']);
    expect(changesOf(all, before, { ...textsOf(all, before), rating: '4' })).toEqual({ rating: 4 });
  });

  it('are shown for people', () => {
    expect(shownValue(field('day', 'date'), '2026-03-05')).toBe('5 Mar 2026');
    expect(shownValue(field('good', 'boolean'), false)).toBe('No');
    expect(shownValue(field('kinds', 'choice'), ['a', 'b'])).toBe('a, b');
  });
});
