import { downloadUrl } from '../api/media-url';
import { isArchived, isFolder } from './status';

interface Original {
  assetType: number;
  assetStatus: number;
  downloadUrl?: string | null;
}

/** Where the file itself is downloaded; undefined where there is none to be had now. */
export function originalUrl(asset: Original): string | undefined {
  return isFolder(asset) || isArchived(asset.assetStatus) ? undefined : downloadUrl(asset.downloadUrl);
}
