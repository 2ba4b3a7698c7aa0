import { describe, expect, it } from 'vitest';
import { groupsOf, humanName, rowsOf } from './properties';

describe('groupsOf', () => {
  it('has a group for the container, each stream and each block of metadata', () => {
    const groups = groupsOf({
      container: 'mov,mp4',
      bitRate: 5_400_000,
      streams: [
        {
          index: 0,
          type: 'video',
          codec: 'h264',
          width: 1920,
          height: 1080,
          frameRate: '30000/1001',
          bitDepth: 8,
          rotation: 0,
        },
        { index: 1, type: 'audio', codec: 'aac', sampleRate: 48000, channelLayout: 'stereo' },
        { index: 2, type: 'audio', codec: 'aac', language: 'de' },
      ],
      exif: { Make: 'Canon' },
      xmp: {},
    });
    expect(groups.map((group) => group.title)).toEqual(['Container', 'Video 1', 'Audio 1', 'Audio 2', 'EXIF']);
    expect(groups[0]?.rows).toEqual([
      { name: 'Bit rate', value: '5.4 Mbit/s' },
      { name: 'Container', value: 'mov,mp4' },
    ]);
    expect(groups[1]?.rows).toEqual([
      { name: 'Codec', value: 'h264' },
      { name: 'Size', value: '1920 × 1080' },
      { name: 'Bit depth', value: '8 bit' },
      { name: 'Frame rate', value: '29.97 fps' },
    ]);
    expect(groups[2]?.rows).toContainEqual({ name: 'Sample rate', value: '48 kHz' });
  });

  it('makes nothing of nothing', () => {
    expect(groupsOf({})).toEqual([]);
    expect(groupsOf({ streams: 'none' })).toEqual([]);
  });
});

it('shows what it does not know under its own name, and leaves out what has no words', () => {
  expect(rowsOf({ maxContentLight: 1000, nested: { a: 1 }, empty: null, list: ['a', 'b'], yes: true })).toEqual([
    { name: 'Max Content Light', value: '1,000' },
    { name: 'List', value: 'a, b' },
    { name: 'Yes', value: 'Yes' },
  ]);
  expect(humanName('color_primaries')).toBe('Color primaries');
});
