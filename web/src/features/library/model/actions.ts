/** What an editor may do with files and folders, and with which of them it makes sense. */
import {
  Archive,
  ArchiveRestore,
  CopyPlus,
  Files,
  FolderInput,
  Library,
  RefreshCw,
  Scissors,
  Tags,
  Trash2,
  type LucideIcon,
} from 'lucide-react';
import type { Asset } from '@/shared/api/types';
import { assetStatus, isFolder } from '@/shared/assets/status';

export type ActionKind =
  'rename' | 'move' | 'copy' | 'duplicate' | 'tags' | 'collect' | 'clip' | 'archive' | 'restore' | 'reprocess' | 'bin';

export interface ActionItem {
  kind: ActionKind;
  label: string;
  icon: LucideIcon;
  danger?: boolean;
  /** Shown as a button of its own where there is room. */
  main?: boolean;
  /** Whether there is anything among these that it can be done to; of a folder it is done to the files below. */
  fits?: (asset: Asset) => boolean;
  /** Done to one alone. */
  single?: boolean;
}

const served = (asset: Asset) =>
  [assetStatus.available, assetStatus.restored].some((status) => status === asset.assetStatus);

const items: ActionItem[] = [
  { kind: 'move', label: 'Move to…', icon: FolderInput, main: true },
  { kind: 'copy', label: 'Copy to…', icon: Files },
  { kind: 'duplicate', label: 'Duplicate', icon: CopyPlus },
  { kind: 'tags', label: 'Tags…', icon: Tags, main: true },
  { kind: 'collect', label: 'Add to collection…', icon: Library },
  {
    kind: 'clip',
    label: 'Make clip…',
    icon: Scissors,
    single: true,
    fits: (asset) =>
      served(asset) && asset.durationMs !== null && (asset.mediaType === 'video' || asset.mediaType === 'audio'),
  },
  {
    kind: 'archive',
    label: 'Archive',
    icon: Archive,
    fits: (asset) => asset.archiveTier && (isFolder(asset) || served(asset)),
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
  return items.filter(({ fits, single }) => (!single || assets.length === 1) && (!fits || assets.some(fits)));
}
