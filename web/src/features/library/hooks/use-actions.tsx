import { useState, type ReactNode } from 'react';
import type { Asset } from '@/shared/api/types';
import type { BatchAction, BatchArguments } from '@/shared/assets/batch';
import { RenameDialog } from '../components/asset-dialogs';
import { ClipDialog } from '../components/clip-dialog';
import { CollectionDialog } from '../components/collection-dialog';
import { FolderPicker } from '../components/folder-picker';
import { TagsDialog } from '../components/tags-dialog';
import type { ActionKind } from '../model/actions';
import { useBatch } from './use-batch';

interface Started {
  kind: ActionKind;
  assets: Asset[];
}

/** Does what menus, keys and the bar of a selection ask for; what needs an answer first is asked in a dialog. */
export function useActions(onDone?: (kind: ActionKind) => void) {
  const [open, setOpen] = useState<Started | null>(null);
  const batch = useBatch();
  const run = (kind: ActionKind, action: BatchAction, assets: Asset[], given?: BatchArguments) =>
    batch.mutate({ action, assets, arguments: given }, { onSuccess: () => onDone?.(kind) });

  const start = (kind: ActionKind, assets: Asset[]) => {
    if (assets.length === 0) return;
    if (kind === 'bin') run(kind, 'Trash', assets);
    else if (kind === 'duplicate') run(kind, 'Duplicate', assets);
    else if (kind === 'reprocess') run(kind, 'Reprocess', assets);
    else if (kind === 'archive') run(kind, 'Archive', assets);
    else if (kind === 'restore') run(kind, 'Restore', assets);
    else setOpen({ kind, assets });
  };
  const moveTo = (folderId: string, assets: Asset[]) => run('move', 'Move', assets, { parentId: folderId });
  return { start, moveTo, dialogs: dialogOf(open, () => setOpen(null), run) };
}

type Run = (kind: ActionKind, action: BatchAction, assets: Asset[], given?: BatchArguments) => void;

function dialogOf(open: Started | null, close: () => void, run: Run): ReactNode {
  const first = open?.assets[0];
  if (!open || !first) return null;
  const { kind, assets } = open;
  const startId = assets.every((asset) => asset.parentId === first.parentId) ? first.parentId : null;
  const what = assets.length === 1 ? `“${first.displayName}”` : `${assets.length} items`;
  switch (kind) {
    case 'rename':
      return <RenameDialog asset={first} onClose={close} />;
    case 'clip':
      return <ClipDialog asset={first} onClose={close} />;
    case 'move':
    case 'copy':
      return (
        <FolderPicker
          title={`${kind === 'move' ? 'Move' : 'Copy'} ${what} to`}
          confirm={kind === 'move' ? 'Move here' : 'Copy here'}
          startId={startId}
          notId={kind === 'move' ? startId : null}
          assets={assets}
          onClose={close}
          onChoose={(folder) => run(kind, kind === 'move' ? 'Move' : 'Copy', assets, { parentId: folder.id })}
        />
      );
    case 'tags':
      return (
        <TagsDialog
          title={`Tags of ${what}`}
          assets={assets}
          onClose={close}
          onSave={({ added, removed }) => {
            if (removed.length > 0) run(kind, 'RemoveTag', assets, { tags: removed });
            if (added.length > 0) run(kind, 'AddTag', assets, { tags: added });
          }}
        />
      );
    case 'collect':
      return (
        <CollectionDialog
          title={`Add ${what} to a collection`}
          onClose={close}
          onChoose={(collectionName) => run(kind, 'AddCollection', assets, { collectionName })}
        />
      );
    default:
      return null;
  }
}
