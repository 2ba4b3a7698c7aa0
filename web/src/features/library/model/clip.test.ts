import { describe, expect, it } from 'vitest';
import { clipName, clipRange } from './clip';

describe('clipRange', () => {
  it('counts as the file does', () => {
    expect(clipRange({ durationMs: 8008, frameRate: '30000/1001', startTimecode: '00:00:57;00' }, null)).toEqual([
      '00:00:57;00',
      '00:01:05;02',
    ]);
    expect(clipRange({ durationMs: 8000, frameRate: '25/1', startTimecode: null }, null)).toEqual([
      '00:00:00:00',
      '00:00:08:00',
    ]);
  });
  it('begins where the player stands, and keeps to what was marked in it', () => {
    const film = { durationMs: 8000, frameRate: '25/1', startTimecode: '10:00:00:00' };
    const range = (seconds: number, start: number | null = null, end: number | null = null) =>
      clipRange(film, { seconds, marks: { start, end } });
    expect(range(2.5)).toEqual(['10:00:02:12', '10:00:08:00']);
    expect(range(5, 1, 4)).toEqual(['10:00:01:00', '10:00:04:00']);
    expect(range(2, null, 4)).toEqual(['10:00:02:00', '10:00:04:00']);
    // Where it has played to its end, and where that was marked, nothing would be left.
    expect(range(8)).toEqual(['10:00:00:00', '10:00:08:00']);
    expect(range(4, null, 4)).toEqual(['10:00:00:00', '10:00:04:00']);
  });
  it('is elapsed time of sound', () => {
    expect(clipRange({ durationMs: 3_723_004, frameRate: null, startTimecode: null }, null)).toEqual([
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
