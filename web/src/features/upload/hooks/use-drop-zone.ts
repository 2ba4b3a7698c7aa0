import { useEffect, useState } from 'react';
import { showError } from '@/shared/ui/toast';
import { filesOfDrop, hasFiles } from '../model/dropped';
import { uploadQueue } from '../model/queue';

/** Takes files dropped anywhere on the page into a folder; true while some are held over it. */
export function useDropZone(folderId: string | null): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Enter and leave come for each element on the way, so they are counted.
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      depth += 1;
      setOver(folderId !== null);
    };
    const move = (event: DragEvent) => {
      if (!hasFiles(event.dataTransfer)) return;
      // Without this the browser would leave the page and open the file.
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = folderId ? 'copy' : 'none';
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (!folderId || !event.dataTransfer) return;
      filesOfDrop(event.dataTransfer)
        .then((drop) =>
          uploadQueue.add(drop, folderId).catch((error: unknown) => showError(error, 'A folder could not be made')),
        )
        .catch((error: unknown) => showError(error, 'These files could not be read'));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', move);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', move);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
      setOver(false);
    };
  }, [folderId]);
  return over;
}
