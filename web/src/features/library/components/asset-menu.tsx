import { ActionIcon, Menu } from '@mantine/core';
import { Download, Ellipsis, Link2, Pencil, Trash2 } from 'lucide-react';
import { downloadUrl } from '@/shared/api/media-url';
import type { Asset } from '@/shared/api/types';
import { assetType, isFolder } from '@/shared/assets/status';
import { copyText } from '@/shared/lib/clipboard';
import { showDone } from '@/shared/ui/toast';

export interface AssetActions {
  canEdit: boolean;
  onRename: (asset: Asset) => void;
  onBin: (asset: Asset) => void;
}

interface Props extends AssetActions {
  asset: Asset;
  className?: string;
}

export function assetPath(asset: Asset): string {
  return `/${isFolder(asset) ? 'folder' : 'asset'}/${asset.id}`;
}

export function AssetMenu({ asset, className, canEdit, onRename, onBin }: Props) {
  const editable = canEdit && asset.assetType !== assetType.bucket;
  const copyLink = async () => {
    const copied = await copyText(`${window.location.origin}/app${assetPath(asset)}`);
    if (copied) showDone('Link copied');
  };
  return (
    <Menu position="bottom-end" width={190}>
      <Menu.Target>
        <ActionIcon className={className} size={30} tabIndex={-1} aria-label={`Actions for ${asset.displayName}`}>
          <Ellipsis size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {!isFolder(asset) && asset.downloadUrl && (
          <Menu.Item component="a" href={downloadUrl(asset.downloadUrl)} download leftSection={<Download size={16} />}>
            Download
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Link2 size={16} />} onClick={() => void copyLink()}>
          Copy link
        </Menu.Item>
        {editable && (
          <>
            <Menu.Item leftSection={<Pencil size={16} />} onClick={() => onRename(asset)}>
              Rename
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="red" leftSection={<Trash2 size={16} />} onClick={() => onBin(asset)}>
              Move to bin
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
