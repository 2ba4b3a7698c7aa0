import { ActionIcon, Button, Menu } from '@mantine/core';
import { ChevronDown, FileUp, FolderUp, Upload } from 'lucide-react';
import { useRef, type ChangeEvent } from 'react';
import { filesOfInput } from '../model/dropped';
import { uploadQueue } from '../model/queue';
import classes from './upload-button.module.css';

interface Props {
  folderId: string;
  /** Says what it is on the smallest screen, too. */
  named?: boolean;
}

export function UploadButton({ folderId, named = false }: Props) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const onChange = (event: ChangeEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    void uploadQueue.add({ files: filesOfInput(input.files ?? []), emptyFolders: [] }, folderId);
    // So that the same file can be chosen again.
    input.value = '';
  };
  return (
    <>
      <Button.Group className={classes.group} data-named={named}>
        <Button className={classes.upload} onClick={() => files.current?.click()}>
          <Upload size={16} aria-hidden />
          <span className={classes.text}>Upload</span>
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              className={classes.more}
              variant="filled"
              color="iris"
              size={36}
              aria-label="More ways to upload"
            >
              <ChevronDown size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<FileUp size={16} />} onClick={() => files.current?.click()}>
              Files
            </Menu.Item>
            <Menu.Item leftSection={<FolderUp size={16} />} onClick={() => folder.current?.click()}>
              A folder with all in it
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
      <input ref={files} type="file" multiple hidden onChange={onChange} aria-label="Choose files to upload" />
      <input
        ref={folder}
        type="file"
        hidden
        onChange={onChange}
        aria-label="Choose a folder to upload"
        {...{ webkitdirectory: '' }}
      />
    </>
  );
}
