import { AudioLines, File, FileText, Film, Folder, HardDrive, Image } from 'lucide-react';
import { assetType } from '../assets/status';

interface Props {
  asset: { assetType: number; mediaType?: string | null };
  size?: number;
  strokeWidth?: number;
}

export function MediaIcon({ asset, size = 18, strokeWidth = 1.75 }: Props) {
  const props = { size, strokeWidth, 'aria-hidden': true } as const;
  if (asset.assetType === assetType.bucket) return <HardDrive {...props} />;
  if (asset.assetType === assetType.folder) return <Folder {...props} />;
  switch (asset.mediaType) {
    case 'video':
      return <Film {...props} />;
    case 'audio':
      return <AudioLines {...props} />;
    case 'image':
      return <Image {...props} />;
    case 'document':
      return <FileText {...props} />;
    default:
      return <File {...props} />;
  }
}

const names: Record<string, string> = { video: 'Video', audio: 'Audio', image: 'Image', document: 'Document' };

export function mediaName(mediaType: string | null | undefined): string {
  return names[mediaType ?? ''] ?? 'File';
}
