/** An asset's own values as a form shows them: each is a text until it is sent, whatever it is to the server. */
import type { Field } from '@/shared/api/types';
import { formatDateOnly } from '@/shared/format/format';

export type FieldValues = Record<string, unknown>;
export type FieldTexts = Record<string, string | string[] | boolean | null>;

/** The definitions, then members that the library does not define, as texts. */
export function fieldsOf(defined: readonly Field[], values: FieldValues): Field[] {
  const known = new Set(defined.map((field) => field.name));
  const others = Object.keys(values)
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => ({ ...plainField, name, label: name }));
  return [...defined, ...others];
}

const plainField: Field = {
  id: '',
  name: '',
  label: '',
  type: 'text',
  choices: [],
  required: false,
  multiple: false,
  description: null,
  createdAt: '',
  modifiedAt: '',
};

export function textsOf(fields: readonly Field[], values: FieldValues): FieldTexts {
  return Object.fromEntries(
    fields.map((field) => {
      const value = values[field.name];
      if (field.type === 'boolean') return [field.name, typeof value === 'boolean' ? value : null];
      if (field.multiple) return [field.name, value == null ? [] : [value].flat().map(String)];
      return [field.name, value == null ? '' : String(value)];
    }),
  );
}

function sentValue(field: Field, text: FieldTexts[string], before: unknown): unknown {
  if (typeof text === 'boolean' || text == null) return text ?? null;
  const plain = (one: string): unknown => {
    const isNumber = field.type === 'number' || (field.id === '' && typeof before === 'number');
    if (isNumber && one.trim() !== '' && Number.isFinite(Number(one))) return Number(one);
    if (field.id === '' && typeof before === 'boolean' && (one === 'true' || one === 'false')) return one === 'true';
    return one;
  };
  if (Array.isArray(text)) return text.length > 0 ? text.map(plain) : null;
  return text.trim() === '' ? null : plain(text.trim());
}

/** What has to be sent: what differs alone, and null for what was emptied. */
export function changesOf(fields: readonly Field[], before: FieldValues, texts: FieldTexts): FieldValues {
  const changes: FieldValues = {};
  for (const field of fields) {
    const sent = sentValue(field, texts[field.name] ?? null, before[field.name]);
    if (JSON.stringify(sent) !== JSON.stringify(before[field.name] ?? null)) changes[field.name] = sent;
  }
  return changes;
}

export function shownValue(field: Field, value: unknown): string {
  if (value == null) return '';
  if (Array.isArray(value)) return value.map((one) => shownValue(field, one)).join(', ');
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (field.type === 'date') return formatDateOnly(String(value));
  return String(value);
}
