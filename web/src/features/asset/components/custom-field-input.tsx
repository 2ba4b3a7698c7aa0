import { MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import type { Field } from '@/shared/api/types';
import type { FieldTexts } from '../model/custom-fields';

interface Props {
  field: Field;
  value: FieldTexts[string];
  error: string | undefined;
  onChange: (value: FieldTexts[string]) => void;
}

/** The input that fits a field's type. */
export function CustomFieldInput({ field, value, error, onChange }: Props) {
  const about = {
    label: field.label || field.name,
    description: field.description,
    withAsterisk: field.required,
    error,
  };
  const text = typeof value === 'string' ? value : '';
  const several = Array.isArray(value) ? value : [];
  if (field.type === 'boolean') {
    return (
      <Select
        {...about}
        clearable
        data={[
          { value: 'true', label: 'Yes' },
          { value: 'false', label: 'No' },
        ]}
        value={value === null ? null : String(value)}
        onChange={(chosen) => onChange(chosen === null ? null : chosen === 'true')}
      />
    );
  }
  if (field.type === 'choice') {
    return field.multiple ? (
      <MultiSelect {...about} clearable searchable data={field.choices} value={several} onChange={onChange} />
    ) : (
      <Select
        {...about}
        clearable
        searchable
        data={field.choices}
        value={text || null}
        onChange={(chosen) => onChange(chosen ?? '')}
      />
    );
  }
  if (field.multiple) return <TagsInput {...about} value={several} onChange={onChange} acceptValueOnBlur />;
  if (field.type === 'number') {
    return <NumberInput {...about} value={text} onChange={(number) => onChange(String(number))} />;
  }
  return (
    <TextInput
      {...about}
      type={field.type === 'date' ? 'date' : 'text'}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
