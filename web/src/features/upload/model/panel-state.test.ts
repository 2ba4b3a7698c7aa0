// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
import type { Phase, UploadItem } from './item';

const items = (...phases: Phase[]) => phases.map((phase) => ({ phase }) as UploadItem);

/** As the page has it when it is loaded. */
async function load() {
  vi.resetModules();
  const { isUnfolded, panelState, setUnfolded } = await import('./panel-state');
  return { shown: (...phases: Phase[]) => isUnfolded(panelState.get(), items(...phases)), setUnfolded };
}

beforeEach(() => localStorage.clear());

it('shows what was begun here, and leaves folded what was only interrupted', async () => {
  const { shown } = await load();
  expect(shown('interrupted', 'interrupted')).toBe(false);
  expect(shown('interrupted', 'uploading')).toBe(true);
  expect(shown('conflict')).toBe(true);
});

it('is unfolded by hand', async () => {
  const { shown, setUnfolded } = await load();
  setUnfolded(true);
  expect(shown('interrupted')).toBe(true);
});

it('stays folded over a reload, uploads running or not', async () => {
  (await load()).setUnfolded(false);
  const { shown } = await load();
  expect(shown('uploading')).toBe(false);
});

it('does not unfold by itself what was interrupted, unfolded before or not', async () => {
  (await load()).setUnfolded(true);
  const { shown } = await load();
  expect(shown('interrupted')).toBe(false);
  expect(shown('interrupted', 'uploading')).toBe(true);
});
