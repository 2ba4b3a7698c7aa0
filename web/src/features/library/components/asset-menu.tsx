import { ActionIcon, Menu } from '@mantine/core';
import { CircleCheck, Download, Ellipsis, Link2 } from 'lucide-react';
import type { Asset } from '@/shared/api/types';
import { originalUrl } from '@/shared/assets/original';
import { assetType, isFolder } from '@/shared/assets/status';
import { copyText } from '@/shared/lib/clipboard';
import { showDone } from '@/shared/ui/toast';
import type { ActionKind } from '../model/actions';
import { ActionItems } from './action-items';

/** What a list offers to do with its items. */
export interface ListActions {
  canEdit: boolean;
  start: (kind: ActionKind, assets: Asset[]) => void;
  select: (asset: Asset) => void;
  /** What only this list offers, as taking out of a collection. */
  more?: ExtraAction[];
  /** Items have pages of their own; those in the bin have not. */
  links: boolean;
}

export interface ExtraAction {
  label: string;
  icon: typeof Link2;
  run: (assets: Asset[]) => void;
}

interface Props extends ListActions {
  asset: Asset;
  className?: string;
}

export function assetPath(asset: { id: string; assetType: number }): string {
  return `/${isFolder(asset) ? 'folder' : 'asset'}/${asset.id}`;
}

export function AssetMenu({ asset, className, canEdit, start, select, more, links }: Props) {
  const editable = canEdit && asset.assetType !== assetType.bucket;
  const original = originalUrl(asset);
  const copyLink = async () => {
    const copied = await copyText(`${window.location.origin}/app${assetPath(asset)}`);
    if (copied) showDone('Link copied');
  };
  return (
    <Menu position="bottom-end" width={210}>
      <Menu.Target>
        <ActionIcon
          className={className}
          size={30}
          tabIndex={-1}
          data-menu
          aria-label={`Actions for ${asset.displayName}`}
        >
          <Ellipsis size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<CircleCheck size={16} />} onClick={() => select(asset)}>
          Select
        </Menu.Item>
        {links && original && (
          <Menu.Item component="a" href={original} download leftSection={<Download size={16} />}>
            Download
          </Menu.Item>
        )}
        {links && (
          <Menu.Item leftSection={<Link2 size={16} />} onClick={() => void copyLink()}>
            Copy link
          </Menu.Item>
        )}
        {more?.map(({ label, icon: Icon, run }) => (
          <Menu.Item key={label} leftSection={<Icon size={16} />} onClick={() => run([asset])}>
            {label}
          </Menu.Item>
        ))}
        {editable && (
          <>
            <Menu.Divider />
            <ActionItems asset={asset} start={start} />
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
