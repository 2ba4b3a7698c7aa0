import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { Download, Ellipsis, Link2, Share2 } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AssetDetail } from '@/shared/api/types';
import { originalUrl } from '@/shared/assets/original';
import { copyText } from '@/shared/lib/clipboard';
import { showDone } from '@/shared/ui/toast';
import classes from './asset-actions.module.css';

interface Props {
  detail: AssetDetail;
  /** What an editor may do with it, as entries of a menu; nothing for those who only look. */
  menu: ReactNode;
  /** Opens what is there for sharing it; of another feature, and only for editors. */
  onShare?: () => void;
}

export function AssetActions({ detail, menu, onShare }: Props) {
  const original = originalUrl(detail);
  const copyLink = async () => {
    if (await copyText(window.location.href)) showDone('Link copied');
  };
  return (
    <>
      <Tooltip label="Copy link">
        <ActionIcon
          className={classes.spare}
          variant="default"
          size={36}
          aria-label="Copy link"
          onClick={() => void copyLink()}
        >
          <Link2 size={17} />
        </ActionIcon>
      </Tooltip>
      {onShare && (
        <Tooltip label="Share…">
          <ActionIcon variant="default" size={36} aria-label="Share…" onClick={onShare}>
            <Share2 size={17} />
          </ActionIcon>
        </Tooltip>
      )}
      {original && (
        <>
          <Button className={classes.wide} component="a" href={original} download leftSection={<Download size={16} />}>
            Download
          </Button>
          <ActionIcon
            className={classes.narrow}
            component="a"
            href={original}
            download
            variant="filled"
            color="iris"
            size={36}
            aria-label="Download"
          >
            <Download size={17} />
          </ActionIcon>
        </>
      )}
      {menu && (
        <Menu position="bottom-end" width={210}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <Ellipsis size={17} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>{menu}</Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}
