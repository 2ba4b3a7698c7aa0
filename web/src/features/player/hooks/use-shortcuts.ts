import { useEffect } from 'react';
import { marked, noMarks, type Marks } from '@/shared/assets/playhead';
import type { Store } from '@/shared/lib/store';
import type { MediaController } from '../model/controller';

export interface ShortcutActions {
  marks: Store<Marks>;
  fullscreen?: () => void;
  help: () => void;
}

/** Where keys mean text or choose something, they are not the player's. */
function isTaken(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (event.ctrlKey || event.metaKey || event.altKey || !target) return true;
  if (
    target.closest(
      'input, textarea, select, [contenteditable="true"], [role="menu"], [role="dialog"], [role="tablist"]',
    )
  ) {
    return true;
  }
  return (event.key === ' ' || event.key === 'Enter') && target.closest('button, a, summary') !== null;
}

/** J K L, space, arrows and their kin, wherever the focus is on the page of an asset. */
export function useShortcuts(controller: MediaController, { marks, fullscreen, help }: ShortcutActions): void {
  useEffect(() => {
    const run = (event: KeyboardEvent): boolean => {
      switch (event.key) {
        case ' ':
          controller.toggle();
          return true;
        case 'k':
        case 'K':
          controller.pause();
          return true;
        case 'l':
        case 'L':
          controller.shuttle(1);
          return true;
        case 'j':
        case 'J':
          controller.shuttle(-1);
          return true;
        case 'ArrowLeft':
          controller.seekBy(event.shiftKey ? -1 : -5);
          return true;
        case 'ArrowRight':
          controller.seekBy(event.shiftKey ? 1 : 5);
          return true;
        case ',':
          controller.stepFrames(-1);
          return true;
        case '.':
          controller.stepFrames(1);
          return true;
        case 'ArrowUp':
        case 'ArrowDown':
          controller.setVolume(controller.state.get().volume + (event.key === 'ArrowUp' ? 0.1 : -0.1));
          return true;
        case 'Home':
          controller.seek(0);
          return true;
        case 'End':
          controller.seek(controller.state.get().duration);
          return true;
        case 'm':
        case 'M':
          controller.toggleMute();
          return true;
        case 'f':
        case 'F':
          fullscreen?.();
          return fullscreen !== undefined;
        case 'i':
        case 'I':
          marks.set((set) => marked(set, 'start', controller.currentTime));
          return true;
        case 'o':
        case 'O':
          marks.set((set) => marked(set, 'end', controller.currentTime));
          return true;
        case 'x':
        case 'X':
          marks.set(noMarks);
          return true;
        case '?':
          help();
          return true;
        default:
          return false;
      }
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isTaken(event) && run(event)) event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [controller, marks, fullscreen, help]);
}
