import { Button, Group, Text } from '@mantine/core';
import type { ConflictChoice, UploadItem } from '../model/item';
import { uploadQueue } from '../model/queue';
import classes from './upload-row.module.css';

/** One answer for all the names that are taken. */
export function ConflictBar({ items }: { items: UploadItem[] }) {
  const conflicts = items.filter((item) => item.phase === 'conflict');
  const replaceable = conflicts.filter((item) => item.replaceable);
  const choose = (choice: ConflictChoice) =>
    (choice === 'replace' ? replaceable : conflicts).forEach((item) => uploadQueue.resolveConflict(item.key, choice));
  return (
    <div className={classes.conflictBar}>
      <Text size="xs" fw={600}>
        For all {conflicts.length} names that are taken
      </Text>
      <Group gap={6} mt={6}>
        <Button size="compact-xs" variant="default" onClick={() => choose('rename')}>
          Keep both
        </Button>
        {replaceable.length > 0 && (
          <Button size="compact-xs" variant="default" onClick={() => choose('replace')}>
            Replace{replaceable.length < conflicts.length && ` the ${replaceable.length} that can be`}
          </Button>
        )}
        <Button size="compact-xs" variant="default" onClick={() => choose('skip')}>
          Skip
        </Button>
      </Group>
    </div>
  );
}
