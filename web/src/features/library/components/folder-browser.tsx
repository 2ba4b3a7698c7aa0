import type { ReactNode } from 'react';
import { useListing } from '../hooks/use-listing';
import type { ViewSettings } from '../hooks/use-view-settings';
import { AssetList } from './asset-list';

interface Props {
  folderId: string;
  settings: ViewSettings;
  filter: string;
  canEdit: boolean;
  /** What is shown in a folder without anything in it. */
  empty: ReactNode;
  nothingFound: ReactNode;
}

export function FolderBrowser({ folderId, settings, filter, canEdit, empty, nothingFound }: Props) {
  const pages = useListing(folderId, settings, filter);
  return (
    <AssetList
      name={folderId}
      label="Contents of the folder"
      pages={pages}
      view={settings.view}
      canEdit={canEdit}
      draggable
      empty={filter ? nothingFound : empty}
    />
  );
}
