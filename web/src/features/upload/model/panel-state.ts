/** Whether the list of uploads is unfolded. What somebody chose is remembered; a page that was just loaded bothers nobody. */
import { createStore, type Store } from '@/shared/lib/store';
import type { UploadItem } from './item';

const key = 'rv.uploads.folded';

interface PanelState {
  /** As somebody left it, in an earlier visit too. */
  folded: boolean;
  /** Unfolded by hand since the page was loaded. */
  unfolded: boolean;
}

function remembered(): boolean {
  try {
    return localStorage.getItem(key) === 'true';
  } catch {
    return false;
  }
}

export const panelState: Store<PanelState> = createStore<PanelState>({ folded: remembered(), unfolded: false });

export function setUnfolded(unfolded: boolean): void {
  panelState.set({ folded: !unfolded, unfolded });
  try {
    localStorage.setItem(key, String(!unfolded));
  } catch {
    // Then it is as new the next time.
  }
}

/** What was interrupted before can wait until somebody asks; what was begun here is shown. */
export function isUnfolded(state: PanelState, items: readonly UploadItem[]): boolean {
  return !state.folded && (state.unfolded || items.some((item) => item.phase !== 'interrupted'));
}
