import type { Asset } from '@/shared/api/types';
import { isFolder } from '@/shared/assets/status';
import { useCreateFolder, useRename } from '../hooks/use-folder-actions';
import { NameDialog } from './name-dialog';

interface CreateProps {
  parentId: string;
  onClose: () => void;
}

export function CreateFolderDialog({ parentId, onClose }: CreateProps) {
  const create = useCreateFolder(parentId);
  return (
    <NameDialog
      onClose={onClose}
      title="New folder"
      label="Name"
      confirm="Create"
      submit={(displayName, keepBoth) =>
        create.mutateAsync({ displayName, ...(keepBoth ? { onConflict: 'rename' as const } : {}) })
      }
    />
  );
}

interface RenameProps {
  asset: Asset;
  onClose: () => void;
}

export function RenameDialog({ asset, onClose }: RenameProps) {
  const rename = useRename(asset);
  const dot = isFolder(asset) ? -1 : asset.displayName.lastIndexOf('.');
  return (
    <NameDialog
      onClose={onClose}
      title="Rename"
      label="Name"
      confirm="Rename"
      initial={asset.displayName}
      select={dot > 0 ? dot : undefined}
      submit={(displayName, keepBoth) => rename.mutateAsync({ displayName, keepBoth })}
    />
  );
}
