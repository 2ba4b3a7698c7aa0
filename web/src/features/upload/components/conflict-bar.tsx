import { Button, Group, Text } from '@mantine/core';
import type { ConflictChoice, UploadItem } from '../model/item';
import { uploadQueue } from '../model/queue';
import classes from './upload-row.module.css';

/** One answer for all the names that are taken. */
export function ConflictBar({ items }: { items: UploadItem[] }) {
  const conflicts = items.filter((item) => item.phase === 'conflict');
  const choose = (choice: ConflictChoice) =>
    conflicts
      .filter((item) => choice !== 'replace' || !item.held)
      .forEach((item) => uploadQueue.resolveConflict(item.key, choice));
  return (
    <div className={classes.conflictBar}>
      <Text size="xs" fw={600}>
        For all {conflicts.length} names that are taken
      </Text>
      <Group gap={6} mt={6}>
        <Button size="compact-xs" variant="default" onClick={() => choose('rename')}>
          Keep both
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => choose('replace')}>
          Replace
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => choose('skip')}>
          Skip
        </Button>
      </Group>
    </div>
  );
}
