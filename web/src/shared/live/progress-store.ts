/** How far each asset's processing is, as told by live job events; lists show it without asking the server. */
import { stepName } from '../assets/status';
import { createStore, useStore, type Store } from '../lib/store';
import type { LiveEvent } from './live-event';

interface LiveStep {
  step: string;
  progress: number;
  running: boolean;
}

type Steps = Record<string, LiveStep>;
export type ProgressState = Record<string, Steps>;

export const progressStore: Store<ProgressState> = createStore<ProgressState>({});

/** The state after one job event. What has ended is forgotten, so that the store stays as small as the work under way. */
export function applyJobEvent(state: ProgressState, event: LiveEvent): ProgressState {
  if (event.kind !== 'job' || !event.assetId) return state;
  const key = event.id ?? event.step;
  if (!key) return state;
  const before = state[event.assetId] ?? {};
  const ended = event.status !== null && event.status !== 'Running' && event.status !== 'Queued';
  const steps = { ...before };
  if (ended) {
    if (!(key in before)) return state;
    delete steps[key];
  } else {
    const known = before[key];
    steps[key] = {
      step: event.step ?? known?.step ?? '',
      progress: event.progress ?? known?.progress ?? 0,
      running: event.status ? event.status === 'Running' : (known?.running ?? true),
    };
  }
  const next = { ...state };
  if (Object.keys(steps).length === 0) delete next[event.assetId];
  else next[event.assetId] = steps;
  return next;
}

export interface AssetProgress {
  label: string;
  /** Null while nothing is running yet. */
  percent: number | null;
}

/** The step worth showing: of those running the one that is furthest behind, since the asset waits for it. */
export function summarise(steps: Steps | undefined): AssetProgress | null {
  if (!steps) return null;
  const running = Object.values(steps).filter((step) => step.running);
  if (running.length === 0) return { label: 'Waiting', percent: null };
  const slowest = running.reduce((a, b) => (b.progress < a.progress ? b : a));
  return { label: slowest.step ? stepName(slowest.step) : 'Processing', percent: Math.round(slowest.progress) };
}

export function useAssetProgress(assetId: string | null): AssetProgress | null {
  const steps = useStore(progressStore, (state) => (assetId ? state[assetId] : undefined));
  return summarise(steps);
}
