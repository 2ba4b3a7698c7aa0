import { useRef, type DragEvent } from 'react';
import type { Asset } from '@/shared/api/types';

/** Dragging items of a list onto folders: those in the list, those of the path above it, those at the side. */

const format = 'application/x-reelvault-assets';

// What a drag carries cannot be read before the drop, so it is also kept here; drags never leave the page.
let carried: Asset[] = [];

export function startDrag(event: DragEvent, assets: Asset[]): void {
  carried = assets;
  event.dataTransfer.setData(format, assets.map((asset) => asset.id).join('\n'));
  event.dataTransfer.effectAllowed = 'move';
  if (assets.length < 2) return;
  const label = document.createElement('div');
  label.textContent = `${assets.length} items`;
  label.style.cssText =
    'position:fixed;top:-100px;left:0;padding:6px 14px;border-radius:8px;background:#5058de;color:#fff;font:600 13px system-ui';
  document.body.append(label);
  event.dataTransfer.setDragImage(label, 0, 0);
  setTimeout(() => label.remove());
}

/** Whether what is being dragged can be put into the folder: not into itself, and not where it is already. */
function fits(event: DragEvent, folderId: string): boolean {
  if (!event.dataTransfer.types.includes(format)) return false;
  return carried.length > 0 && carried.every((asset) => asset.id !== folderId && asset.parentId !== folderId);
}

export type MoveTo = (folderId: string, assets: Asset[]) => void;

/** Handlers for an element that holds elements marked with `data-drop`, the id of a folder. */
export function useDropTargets(onDrop: MoveTo | undefined) {
  const marked = useRef<HTMLElement | null>(null);
  const mark = (element: HTMLElement | null) => {
    if (marked.current === element) return;
    if (marked.current) delete marked.current.dataset.dropping;
    if (element) element.dataset.dropping = 'true';
    marked.current = element;
  };
  const targetOf = (event: DragEvent): HTMLElement | null => {
    // A row is a target as a whole, however large the element that names it.
    const over = event.target as HTMLElement;
    const own = over.closest<HTMLElement>('[data-drop]');
    const target = own ?? over.closest('[role="listitem"]')?.querySelector<HTMLElement>('[data-drop]') ?? null;
    return target?.dataset.drop && fits(event, target.dataset.drop) ? target : null;
  };
  if (!onDrop) return {};
  return {
    onDragOver: (event: DragEvent) => {
      const target = targetOf(event);
      mark(target);
      if (!target) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'move';
    },
    onDragLeave: (event: DragEvent) => {
      if (!event.currentTarget.contains(event.relatedTarget as Node | null)) mark(null);
    },
    onDrop: (event: DragEvent) => {
      const target = targetOf(event);
      mark(null);
      if (!target?.dataset.drop) return;
      event.preventDefault();
      const assets = carried;
      carried = [];
      onDrop(target.dataset.drop, assets);
    },
  };
}
