import { ActionIcon, Button, Group, Skeleton, Text, TextInput } from '@mantine/core';
import { ChevronLeft, ChevronRight, FolderPlus } from 'lucide-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { describeError } from '@/shared/api/problem';
import type { Asset } from '@/shared/api/types';
import { ErrorState } from '@/shared/ui/error-state';
import { MediaIcon } from '@/shared/ui/media-icon';
import { Dialog } from '@/shared/ui/dialog';
import { useCreateFolder } from '../hooks/use-folder-actions';
import { useChildren, useFolder, useRoots } from '../hooks/use-folder';
import classes from './folder-picker.module.css';

interface Props {
  title: string;
  /** "Move here" */
  confirm: string;
  /** Where to begin to look; null: at the top. */
  startId: string | null;
  /** What is to be put there: none of it may hold itself. */
  assets: Asset[];
  /** Where nothing would change by it. */
  notId?: string | null;
  onClose: () => void;
  onChoose: (folder: Asset) => void;
}

/** Asks for a folder by walking through the tree. */
export function FolderPicker({ title, confirm, startId, assets, notId, onClose, onChoose }: Props) {
  const [placeId, setPlaceId] = useState<string | null>(startId);
  const [creating, setCreating] = useState(false);
  const place = useFolder(placeId ?? '', placeId !== null);
  const current = placeId ? place.data : undefined;
  const go = (id: string | null) => {
    setCreating(false);
    setPlaceId(id);
  };
  return (
    <Dialog onClose={onClose} title={title} size="md">
      <div className={classes.place}>
        <ActionIcon
          size={32}
          aria-label="To the folder above"
          disabled={placeId === null}
          onClick={() => go(current?.parentId ?? null)}
        >
          <ChevronLeft size={18} />
        </ActionIcon>
        <span className={classes.placeName} aria-live="polite">
          {placeId === null ? 'Library' : (current?.displayName ?? '')}
        </span>
        {current && (
          <ActionIcon size={32} aria-label="New folder here" onClick={() => setCreating(true)}>
            <FolderPlus size={17} />
          </ActionIcon>
        )}
      </div>
      {creating && current && (
        <NewFolder parentId={current.id} onDone={(made) => (made ? go(made.id) : setCreating(false))} />
      )}
      <div className={classes.list} tabIndex={-1} data-autofocus>
        {placeId === null ? (
          <Roots onOpen={go} />
        ) : place.error ? (
          <ErrorState error={place.error} onRetry={() => void place.refetch()} />
        ) : (
          <Folders key={placeId} id={placeId} notIds={assets.map((asset) => asset.id)} onOpen={go} />
        )}
      </div>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          disabled={!current || current.id === notId}
          onClick={() => {
            if (!current) return;
            onClose();
            onChoose(current);
          }}
        >
          {confirm}
        </Button>
      </Group>
    </Dialog>
  );
}

function Roots({ onOpen }: { onOpen: (id: string) => void }) {
  const roots = useRoots();
  if (roots.isPending) return <Skeleton height={34} m={8} />;
  return (
    <ul className={classes.folders}>
      {roots.data?.items.map((root) => (
        <Entry key={root.id} folder={root} onOpen={onOpen} />
      ))}
    </ul>
  );
}

interface FoldersProps {
  id: string;
  notIds: string[];
  onOpen: (id: string) => void;
}

function Folders({ id, notIds, onOpen }: FoldersProps) {
  const pages = useChildren(id, { kind: 'folders', sort: 'name' });
  if (pages.isPending) return <Skeleton height={34} m={8} />;
  if (pages.error) return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
  const folders = pages.data.pages.flatMap((page) => page.items);
  if (folders.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md" ta="center">
        There are no folders in here.
      </Text>
    );
  }
  return (
    <ul className={classes.folders}>
      {folders.map((folder) => (
        <Entry key={folder.id} folder={folder} disabled={notIds.includes(folder.id)} onOpen={onOpen} />
      ))}
      {pages.hasNextPage && (
        <li>
          <Button
            fullWidth
            variant="subtle"
            size="compact-sm"
            loading={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
          >
            More folders
          </Button>
        </li>
      )}
    </ul>
  );
}

interface EntryProps {
  folder: Asset;
  disabled?: boolean;
  onOpen: (id: string) => void;
}

function Entry({ folder, disabled = false, onOpen }: EntryProps) {
  return (
    <li>
      <button type="button" className={classes.folder} disabled={disabled} onClick={() => onOpen(folder.id)}>
        <MediaIcon asset={folder} size={17} />
        <span className={classes.name}>{folder.displayName}</span>
        <ChevronRight size={15} aria-hidden className={classes.arrow} />
      </button>
    </li>
  );
}

function NewFolder({ parentId, onDone }: { parentId: string; onDone: (made: Asset | null) => void }) {
  const create = useCreateFolder(parentId);
  const [name, setName] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const said = create.error ? describeError(create.error) : null;
  return (
    <form
      className={classes.create}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (name.trim()) create.mutate({ displayName: name.trim() }, { onSuccess: onDone });
      }}
    >
      <TextInput
        ref={field}
        flex={1}
        size="sm"
        aria-label="Name of the new folder"
        placeholder="Name of the new folder"
        maxLength={255}
        value={name}
        error={said && (said.detail ?? said.title)}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          onDone(null);
        }}
      />
      <Button type="submit" size="sm" loading={create.isPending} disabled={!name.trim()}>
        Create
      </Button>
    </form>
  );
}
