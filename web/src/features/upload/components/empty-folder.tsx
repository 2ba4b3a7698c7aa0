import { CloudUpload } from 'lucide-react';
import { EmptyState } from '@/shared/ui/empty-state';
import { UploadButton } from './upload-button';

/** An empty folder asks to be filled. */
export function EmptyFolder({ folderId, canEdit }: { folderId: string; canEdit: boolean }) {
  return (
    <EmptyState
      icon={<CloudUpload size={28} strokeWidth={1.6} />}
      title={canEdit ? 'Drop files here' : 'This folder is empty'}
      action={canEdit && <UploadButton folderId={folderId} named />}
    >
      {canEdit ? 'Films, sound, pictures, documents, or whole folders. Uploads go on while you look around.' : null}
    </EmptyState>
  );
}
