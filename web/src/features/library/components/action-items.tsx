import { Menu } from '@mantine/core';
import { Pencil } from 'lucide-react';
import type { Asset } from '@/shared/api/types';
import { actionItems, type ActionKind } from '../model/actions';

interface Props {
  asset: Asset;
  start: (kind: ActionKind, assets: Asset[]) => void;
}

/** What an editor may do with one file or folder, as entries of a menu. */
export function ActionItems({ asset, start }: Props) {
  return (
    <>
      <Menu.Item leftSection={<Pencil size={16} />} onClick={() => start('rename', [asset])}>
        Rename
      </Menu.Item>
      {actionItems([asset]).map(({ kind, label, icon: Icon, danger }) => (
        <Menu.Item
          key={kind}
          color={danger ? 'red' : undefined}
          leftSection={<Icon size={16} />}
          onClick={() => start(kind, [asset])}
        >
          {label}
        </Menu.Item>
      ))}
    </>
  );
}
