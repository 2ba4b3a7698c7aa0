import { describe, expect, it } from 'vitest';
import { clipName, wholeRange } from './clip';

describe('wholeRange', () => {
  it('counts as the file does', () => {
    expect(wholeRange({ durationMs: 8008, frameRate: '30000/1001', startTimecode: '00:00:57;00' })).toEqual([
      '00:00:57;00',
      '00:01:05;02',
    ]);
    expect(wholeRange({ durationMs: 8000, frameRate: '25/1', startTimecode: null })).toEqual([
      '00:00:00:00',
      '00:00:08:00',
    ]);
  });
  it('is elapsed time of sound', () => {
    expect(wholeRange({ durationMs: 3_723_004, frameRate: null, startTimecode: null })).toEqual([
      '00:00:00.000',
      '01:02:03.004',
    ]);
  });
});

describe('clipName', () => {
  it('says so once', () => {
    expect(clipName('film.mov')).toBe('film (clip)');
    expect(clipName('film (clip).mp4')).toBe('film (clip)');
  });
});
