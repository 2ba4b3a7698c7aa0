import { Badge, Button, Group, Text } from '@mantine/core';
import { X } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Asset } from '@/shared/api/types';
import { TagsField } from '@/shared/ui/tags-field';
import { Dialog } from '@/shared/ui/dialog';
import classes from './tags-dialog.module.css';

interface Props {
  title: string;
  assets: Asset[];
  onClose: () => void;
  onSave: (change: { added: string[]; removed: string[] }) => void;
}

/** Adds tags to all of them, and takes away those that some of them have. */
export function TagsDialog({ title, assets, onClose, onSave }: Props) {
  const [added, setAdded] = useState<string[]>([]);
  const [removed, setRemoved] = useState<string[]>([]);
  const present = useMemo(() => {
    const counts = new Map<string, number>();
    for (const asset of assets) {
      for (const tag of asset.tags) counts.set(String(tag), (counts.get(String(tag)) ?? 0) + 1);
    }
    return [...counts].sort(([a], [b]) => a.localeCompare(b));
  }, [assets]);
  const left = present.filter(([tag]) => !removed.includes(tag));
  return (
    <Dialog onClose={onClose} title={title} size="md">
      {left.length > 0 && (
        <ul className={classes.tags} aria-label="Tags that are there">
          {left.map(([tag, count]) => (
            <li key={tag}>
              <Badge
                variant="light"
                tt="none"
                size="lg"
                rightSection={
                  <button
                    type="button"
                    className={classes.remove}
                    aria-label={`Remove ${tag}`}
                    onClick={() => setRemoved((all) => [...all, tag])}
                  >
                    <X size={12} aria-hidden />
                  </button>
                }
              >
                {tag}
                {count < assets.length && <span className={classes.count}> on {count}</span>}
              </Badge>
            </li>
          ))}
        </ul>
      )}
      {removed.length > 0 && (
        <Text size="xs" c="dimmed" mb="xs">
          To be taken off: {removed.join(', ')}{' '}
          <button type="button" className={classes.undo} onClick={() => setRemoved([])}>
            Undo
          </button>
        </Text>
      )}
      <TagsField label="Add tags" value={added} onChange={setAdded} autoFocus />
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          disabled={added.length === 0 && removed.length === 0}
          onClick={() => {
            onClose();
            onSave({ added, removed: removed.filter((tag) => !added.includes(tag)) });
          }}
        >
          Save
        </Button>
      </Group>
    </Dialog>
  );
}
