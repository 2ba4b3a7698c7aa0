import { CloudUpload } from 'lucide-react';
import { useDropZone } from '../hooks/use-drop-zone';
import classes from './drop-overlay.module.css';

interface Props {
  /** Null: nothing can be dropped here, and nothing happens by mistake either. */
  folderId: string | null;
  folderName: string;
}

export function DropOverlay({ folderId, folderName }: Props) {
  const over = useDropZone(folderId);
  return (
    <div className={classes.overlay} data-shown={over} aria-hidden={!over}>
      <div className={classes.frame}>
        <CloudUpload size={40} strokeWidth={1.5} aria-hidden />
        <div className={classes.title}>Drop to upload</div>
        <div className={classes.text}>to “{folderName}”</div>
      </div>
    </div>
  );
}
