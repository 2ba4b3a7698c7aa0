import { downloadUrl } from '../api/media-url';
import { formatBytes } from '../format/format';
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

/** How large its content is; nothing where none has come yet. */
export function sizeText(asset: { size: number; version: number }): string {
  return asset.version > 0 ? formatBytes(asset.size) : '';
}
