import { describe, expect, it } from 'vitest';
import type { OpenUpload } from '@/shared/api/types';
import { isSentElsewhere, matchUpload, mismatch, tabSilenceMs, type Memories } from './matching';

const now = 1_800_000_000_000;
const upload = (more: Partial<OpenUpload> = {}): OpenUpload => ({
  id: 'u1',
  assetId: 'a1',
  parentId: 'folder',
  fileName: 'film.mov',
  fileSize: 1000,
  chunkSize: 500,
  partCount: 2,
  completedParts: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  touchedAt: '2026-01-01T00:00:00.000Z',
  ...more,
});
const file = { name: 'film.mov', size: 1000, lastModified: 77, parentId: 'folder' };
const match = (candidate = file, uploads = [upload()], memories: Memories = {}) =>
  matchUpload(candidate, uploads, memories, 'me', now)?.id ?? null;

describe('matchUpload', () => {
  it('finds the upload of the same name and size in the same folder', () => {
    expect(match()).toBe('u1');
    expect(match({ ...file, name: 'Film.mov' })).toBeNull();
    expect(match({ ...file, size: 1001 })).toBeNull();
    expect(match({ ...file, parentId: 'elsewhere' })).toBeNull();
    expect(match(file, [])).toBeNull();
  });

  it('takes composed and decomposed letters for the same name', () => {
    expect(match({ ...file, name: 'Cafe\u0301.mov' }, [upload({ fileName: 'Caf\u00e9.mov' })])).toBe('u1');
  });

  it('tells a file that was changed since from the one that was being sent', () => {
    const remembered = { u1: { lastModified: 77, tab: 'gone', seenAt: now - 60_000 } };
    expect(match(file, [upload()], remembered)).toBe('u1');
    expect(match({ ...file, lastModified: 78 }, [upload()], remembered)).toBeNull();
  });

  it('leaves alone what another tab is sending', () => {
    expect(match(file, [upload()], { u1: { lastModified: 77, tab: 'other', seenAt: now - 1000 } })).toBeNull();
    expect(match(file, [upload()], { u1: { lastModified: 77, tab: 'me', seenAt: now - 1000 } })).toBe('u1');
    expect(match(file, [upload()], { u1: { lastModified: 77, tab: '', seenAt: now } })).toBe('u1');
  });

  it('takes the newer of two', () => {
    expect(match(file, [upload({ id: 'u1' }), upload({ id: 'u2' })])).toBe('u2');
  });
});

it('knows a silent tab for a gone one', () => {
  expect(isSentElsewhere({ lastModified: 1, tab: 'other', seenAt: now - tabSilenceMs - 1 }, 'me', now)).toBe(false);
  expect(isSentElsewhere(undefined, 'me', now)).toBe(false);
});

it('says why a chosen file does not continue an upload', () => {
  const known = { id: 'u1', fileName: 'film.mov', fileSize: 1000 };
  expect(mismatch(file, known, {})).toBeNull();
  // A file that was renamed on disk is still the file.
  expect(mismatch({ ...file, name: 'renamed.mov' }, known, {})).toBeNull();
  expect(mismatch({ ...file, size: 5 }, known, {})).toMatch(/another size/);
  expect(mismatch({ ...file, lastModified: 5 }, known, { u1: { lastModified: 77, tab: '', seenAt: 0 } })).toMatch(
    /changed/,
  );
});
