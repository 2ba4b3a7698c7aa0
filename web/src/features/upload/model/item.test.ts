import { describe, expect, it } from 'vitest';
import { percentOf, remainingSeconds, summarise, type Phase, type UploadItem } from './item';

const item = (phase: Phase, size: number, bytesSent: number, bytesPerSecond: number | null = null): UploadItem => ({
  key: `${phase}${size}`,
  fileName: 'f',
  size,
  contentType: '',
  lastModified: 0,
  parentId: 'p',
  phase,
  uploadId: null,
  assetId: null,
  bytesSent,
  bytesPerSecond,
  error: null,
  note: null,
  onConflict: null,
  replaceable: false,
});

describe('summarise', () => {
  it('counts bytes and not files, and leaves out what does not move', () => {
    const summary = summarise([
      item('uploading', 1000, 500, 100),
      item('done', 1000, 1000),
      item('waiting', 2000, 0),
      item('interrupted', 9999, 10),
      item('failed', 9999, 10),
    ]);
    expect(summary).toMatchObject({ unfinished: 2, active: 1, done: 1, failed: 1, interrupted: 1, percent: 37.5 });
    expect(summary.remainingSeconds).toBe(25);
  });

  it('says nothing of the rest while nothing moves', () => {
    expect(summarise([item('paused', 10, 5)])).toMatchObject({ remainingSeconds: null, bytesPerSecond: 0, paused: 1 });
    expect(summarise([])).toMatchObject({ unfinished: 0 });
  });
});

it('knows how far one file is, an empty one too', () => {
  expect(percentOf(item('uploading', 200, 50))).toBe(25);
  expect(percentOf(item('uploading', 0, 0))).toBe(0);
  expect(percentOf(item('finishing', 0, 0))).toBe(100);
  expect(remainingSeconds(item('uploading', 200, 50, 50))).toBe(3);
  expect(remainingSeconds(item('paused', 200, 50, 50))).toBeNull();
});
