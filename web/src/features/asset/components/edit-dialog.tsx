import { Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { useFields } from '@/shared/assets/vocabulary';
import { FormDialog } from '@/shared/ui/form-dialog';
import { TagsField } from '@/shared/ui/tags-field';
import type { AssetChange } from '../api/changes';
import { useChangeAsset } from '../hooks/use-changes';
import { changesOf, fieldsOf, textsOf } from '../model/custom-fields';
import { CustomFieldInput } from './custom-field-input';

/** What people say about a file: its name, description, tags, language, and the library's own fields. */
export function EditDialog({ detail, onClose }: { detail: AssetDetail; onClose: () => void }) {
  const fields = fieldsOf(useFields(), detail.customFields);
  const [name, setName] = useState(detail.displayName);
  const [description, setDescription] = useState(detail.description ?? '');
  const [tags, setTags] = useState(tagsOf(detail));
  const [language, setLanguage] = useState(detail.languageCode ?? '');
  const [edited, setEdited] = useState<ReturnType<typeof textsOf>>({});
  const texts = { ...textsOf(fields, detail.customFields), ...edited };
  const change = useChangeAsset(detail.id);

  const submit = async () => {
    // Only what differs is sent, so that nobody else's change of the rest is taken back.
    const given: AssetChange = {};
    if (name.trim() !== detail.displayName) given.displayName = name.trim();
    if (description !== (detail.description ?? '')) given.description = description || null;
    if (language.trim() !== (detail.languageCode ?? '')) given.languageCode = language.trim() || null;
    if (JSON.stringify(tags) !== JSON.stringify(tagsOf(detail))) given.tags = tags;
    const values = changesOf(fields, detail.customFields, texts);
    if (Object.keys(values).length > 0) given.customFields = values;
    if (Object.keys(given).length > 0) await change.mutateAsync(given);
  };

  return (
    <FormDialog title="Edit" confirm="Save" size="lg" incomplete={!name.trim()} submit={submit} onClose={onClose}>
      {(faultOf) => (
        <>
          <TextInput
            label="Name"
            data-autofocus
            maxLength={255}
            value={name}
            error={faultOf('displayName')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            label="Description"
            autosize
            minRows={3}
            maxRows={10}
            value={description}
            error={faultOf('description')}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <TagsField label="Tags" value={tags} error={faultOf('tags')} onChange={setTags} />
          <TextInput
            label="Language"
            description="As en, de-CH or zh-Hant"
            maw={200}
            value={language}
            error={faultOf('languageCode')}
            onChange={(event) => setLanguage(event.currentTarget.value)}
          />
          {fields.map((field) => (
            <CustomFieldInput
              key={field.name}
              field={field}
              value={texts[field.name] ?? null}
              error={faultOf(`customFields/${field.name}`)}
              onChange={(value) => setEdited((all) => ({ ...all, [field.name]: value }))}
            />
          ))}
        </>
      )}
    </FormDialog>
  );
}

function tagsOf(detail: AssetDetail): string[] {
  return detail.tags.map(String);
}
