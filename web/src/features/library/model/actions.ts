/** What an editor may do with files and folders, and with which of them it makes sense. */
import { CopyPlus, FolderInput, Files, RefreshCw, Trash2, type LucideIcon } from 'lucide-react';
import type { Asset } from '@/shared/api/types';

export type ActionKind = 'rename' | 'move' | 'copy' | 'duplicate' | 'reprocess' | 'bin';

export interface ActionItem {
  kind: ActionKind;
  label: string;
  icon: LucideIcon;
  danger?: boolean;
  /** Shown as a button of its own where there is room. */
  main?: boolean;
}

export function actionItems(_assets: readonly Asset[]): ActionItem[] {
  return [
    { kind: 'move', label: 'Move to…', icon: FolderInput, main: true },
    { kind: 'copy', label: 'Copy to…', icon: Files },
    { kind: 'duplicate', label: 'Duplicate', icon: CopyPlus },
    { kind: 'reprocess', label: 'Process again', icon: RefreshCw },
    { kind: 'bin', label: 'Move to bin', icon: Trash2, danger: true, main: true },
  ];
}
