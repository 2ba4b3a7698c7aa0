/** The player on the page, for what is done beside it to what it plays. */
import { createStore, type Store } from '@/shared/lib/store';

/** A stretch that somebody marked, in seconds from the beginning; null where it is open. */
export interface Marks {
  start: number | null;
  end: number | null;
}

export interface Playhead {
  assetId: string;
  seconds: () => number;
  pause: () => void;
  marks: Store<Marks>;
}

export const playhead = createStore<Playhead | null>(null);

export const noMarks: Marks = { start: null, end: null };

/** One mark more; the other one goes where the stretch would end before it begins. */
export function marked(marks: Marks, which: keyof Marks, seconds: number): Marks {
  const start = which === 'start' ? seconds : marks.start;
  const end = which === 'end' ? seconds : marks.end;
  if (start === null || end === null || start < end) return { start, end };
  return { ...noMarks, [which]: seconds };
}
