import { useRef, type KeyboardEvent, type MouseEvent, type PointerEvent } from 'react';
import type { Asset } from '@/shared/api/types';
import { assetType } from '@/shared/assets/status';
import type { ListActions } from '../components/asset-menu';
import type { SelectionOf } from './use-selection';
import { startDrag } from './use-dragging';

const longPressMs = 450;
const tremor = 10;

interface Options {
  items: Asset[];
  selection: SelectionOf;
  actions: ListActions;
  draggable: boolean;
  selectAll: () => void;
  /** A link is followed. */
  opened: (id: string) => void;
  /** Where an arrow key leads from an item. */
  next: (index: number, key: string) => number;
  focus: (index: number) => void;
}

function linkOf(target: EventTarget): HTMLElement | null {
  return (target as HTMLElement).closest<HTMLElement>('[data-asset]');
}

/**
 * Mouse, keys and fingers on a list of links: a click opens; with ctrl, cmd or shift, or while something is selected, it
 * selects. A finger that rests selects, and then each tap does.
 */
export function useListInput({ items, selection, actions, draggable, selectAll, opened, next, focus }: Options) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const swallowClick = useRef(false);

  const endPress = () => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };

  const onClickCapture = (event: MouseEvent) => {
    const id = linkOf(event.target)?.dataset.asset;
    if (!id) return;
    if (swallowClick.current) {
      swallowClick.current = false;
      event.preventDefault();
    } else if (event.shiftKey) {
      event.preventDefault();
      selection.extendTo(id);
    } else if (event.ctrlKey || event.metaKey || selection.active || !actions.links) {
      event.preventDefault();
      selection.toggle(id);
    } else {
      opened(id);
    }
  };

  const onPointerDown = (event: PointerEvent) => {
    endPress();
    swallowClick.current = false;
    const id = linkOf(event.target)?.dataset.asset;
    if (!id || event.pointerType !== 'touch') return;
    press.current = {
      x: event.clientX,
      y: event.clientY,
      timer: setTimeout(() => {
        press.current = null;
        swallowClick.current = true;
        selection.toggle(id);
      }, longPressMs),
    };
  };

  const onPointerMove = (event: PointerEvent) => {
    const start = press.current;
    if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > tremor) endPress();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a') {
      event.preventDefault();
      return selectAll();
    }
    if (event.key === 'Escape' && selection.active) return selection.clear();
    const link = linkOf(event.target);
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = Number(link.dataset.index);
    const asset = items[index];
    if (!asset) return;
    if (event.key === ' ') {
      event.preventDefault();
      return event.shiftKey ? selection.extendTo(asset.id) : selection.toggle(asset.id);
    }
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      event.preventDefault();
      return link.closest('[role="listitem"]')?.querySelector<HTMLElement>('[data-menu]')?.click();
    }
    if (actions.canEdit && asset.assetType !== assetType.bucket) {
      if (event.key === 'F2') return actions.start('rename', [asset]);
      if (event.key === 'Delete') return actions.start('bin', selection.active ? selection.assets : [asset]);
    }
    const to = next(index, event.key);
    const target = items[to];
    if (to === index || !target) return;
    event.preventDefault();
    if (event.shiftKey) {
      if (!selection.active) selection.toggle(asset.id);
      selection.extendTo(target.id);
    }
    focus(to);
  };

  return {
    onClickCapture,
    onPointerDown,
    onPointerMove,
    onPointerUp: endPress,
    onPointerCancel: endPress,
    onKeyDown,
    // A resting finger selects; the browser's own menu would lie over it.
    onContextMenu: (event: MouseEvent) => {
      if (press.current || swallowClick.current) event.preventDefault();
    },
    onDragStart: (event: React.DragEvent) => {
      endPress();
      const id = linkOf(event.target)?.dataset.asset;
      const asset = items.find((item) => item.id === id);
      if (!asset) return;
      if (!draggable) return event.preventDefault();
      startDrag(event, selection.has(asset.id) ? selection.assets : [asset]);
    },
  };
}
