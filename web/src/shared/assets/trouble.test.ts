import { describe, expect, it } from 'vitest';
import { assetStatus } from './status';
import { troubleOf } from './trouble';

const told = (more: object) => ({
  assetStatus: assetStatus.available,
  error: null,
  mediaProperties: {},
  processing: [],
  size: 10,
  ...more,
});
const failed = { step: 'probe', status: 'Failed', progress: 0, error: 'It may be damaged.' };

describe('troubleOf', () => {
  it('is silent where all is well', () => {
    expect(troubleOf(told({ mediaProperties: { reason: null } }))).toBeNull();
  });

  it('gives the words of the asset, else those of the step that failed', () => {
    const broken = { assetStatus: assetStatus.error, processing: [failed] };
    expect(troubleOf(told({ ...broken, error: 'Its index is missing.' }))).toMatchObject({
      words: 'Its index is missing.',
      again: true,
    });
    expect(troubleOf(told(broken))?.words).toBe('It may be damaged.');
    expect(troubleOf(told({ assetStatus: assetStatus.error }))?.words).toBeNull();
  });

  it('tells of what could not be made of a file that is there', () => {
    expect(troubleOf(told({ error: 'The disk was full.' }))).toEqual({
      title: 'Part of the processing did not work',
      words: 'The disk was full.',
      again: true,
    });
  });

  it('tells why a file is shown as a plain one, and offers nothing that cannot help', () => {
    const mediaProperties = { reason: 'The file is empty.' };
    expect(troubleOf(told({ mediaProperties }))).toEqual({ title: null, words: 'The file is empty.', again: true });
    expect(troubleOf(told({ mediaProperties, size: 0 }))?.again).toBe(false);
  });

  it('waits for what is under way', () => {
    expect(troubleOf(told({ assetStatus: assetStatus.creating, error: 'The disk was full.' }))).toBeNull();
  });
});
