/** What an editor may do with files and folders, and with which of them it makes sense. */
import {
  Archive,
  ArchiveRestore,
  CopyPlus,
  Files,
  FolderInput,
  Library,
  RefreshCw,
  Tags,
  Trash2,
  type LucideIcon,
} from 'lucide-react';
import type { Asset } from '@/shared/api/types';
import { assetStatus, isFolder } from '@/shared/assets/status';

export type ActionKind =
  'rename' | 'move' | 'copy' | 'duplicate' | 'tags' | 'collect' | 'archive' | 'restore' | 'reprocess' | 'bin';

export interface ActionItem {
  kind: ActionKind;
  label: string;
  icon: LucideIcon;
  danger?: boolean;
  /** Shown as a button of its own where there is room. */
  main?: boolean;
  /** Whether there is anything among these that it can be done to; of a folder it is done to the files below. */
  fits?: (asset: Asset) => boolean;
}

const items: ActionItem[] = [
  { kind: 'move', label: 'Move to…', icon: FolderInput, main: true },
  { kind: 'copy', label: 'Copy to…', icon: Files },
  { kind: 'duplicate', label: 'Duplicate', icon: CopyPlus },
  { kind: 'tags', label: 'Tags…', icon: Tags, main: true },
  { kind: 'collect', label: 'Add to collection…', icon: Library },
  {
    kind: 'archive',
    label: 'Archive',
    icon: Archive,
    fits: (asset) =>
      isFolder(asset) || [assetStatus.available, assetStatus.restored].some((status) => status === asset.assetStatus),
  },
  {
    kind: 'restore',
    label: 'Restore from archive',
    icon: ArchiveRestore,
    fits: (asset) => isFolder(asset) || asset.assetStatus === assetStatus.archived,
  },
  {
    kind: 'reprocess',
    label: 'Process again',
    icon: RefreshCw,
    fits: (asset) => isFolder(asset) || asset.version > 0,
  },
  { kind: 'bin', label: 'Move to bin', icon: Trash2, danger: true, main: true },
];

export function actionItems(assets: readonly Asset[]): ActionItem[] {
  return items.filter(({ fits }) => !fits || assets.some(fits));
}
