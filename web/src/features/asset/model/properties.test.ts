import { describe, expect, it } from 'vitest';
import { groupsOf, humanName, rowsOf } from './properties';

const film = {
  mediaType: 'video',
  container: {
    format: 'mov,mp4',
    formatName: 'QuickTime / MOV',
    bitRate: 5_400_000,
    durationExact: true,
    tags: { encoder: 'Lavf' },
  },
  streams: [
    {
      index: 0,
      kind: 'video',
      codec: 'h264',
      codecName: 'H.264 / AVC / MPEG-4 part 10',
      profile: 'High',
      isDefault: false,
      video: {
        codedWidth: 1920,
        codedHeight: 1088,
        frameRate: '30000/1001',
        bitDepth: 8,
        rotation: 0,
        sampleAspectRatio: '1:1',
      },
      audio: null,
    },
    {
      index: 1,
      kind: 'audio',
      codec: 'aac',
      codecName: 'AAC',
      audio: { channels: 2, channelLayout: 'stereo', sampleRate: 48000 },
    },
    { index: 2, kind: 'audio', codec: 'aac', language: 'de' },
  ],
  picture: null,
};

describe('groupsOf', () => {
  it('has a group for each stream, the container and what the file says in words', () => {
    const groups = groupsOf(film);
    expect(groups.map((group) => group.title)).toEqual([
      'Video',
      'Audio 1',
      'Audio 2',
      'Container',
      'Tags in the file',
    ]);
    expect(groups[0]?.rows).toEqual([
      { name: 'Codec', value: 'H.264' },
      { name: 'Profile', value: 'High' },
      { name: 'Size', value: '1920 × 1088' },
      { name: 'Frame rate', value: '29.97 fps' },
      { name: 'Bit depth', value: '8 bit' },
    ]);
    expect(groups[1]?.rows).toContainEqual({ name: 'Channels', value: 'stereo' });
    expect(groups[1]?.rows).toContainEqual({ name: 'Sample rate', value: '48 kHz' });
    expect(groups[3]?.rows).toEqual([
      { name: 'Format', value: 'QuickTime / MOV' },
      { name: 'Bit rate', value: '5.4 Mbit/s' },
    ]);
  });

  it('shows pictures with what the camera wrote, and documents', () => {
    const picture = { storedWidth: 6000, storedHeight: 4000, pages: 1, exif: { Model: 'X100' }, iptc: {}, xmp: {} };
    expect(groupsOf({ streams: [], picture }).map((group) => group.title)).toEqual(['Picture', 'EXIF']);
    expect(groupsOf({ document: { pageCount: 12, title: '' } })).toEqual([
      { title: 'Document', rows: [{ name: 'Pages', value: '12' }] },
    ]);
  });

  it('shows what a file says of itself once for all kinds', () => {
    const metadata = {
      title: 'Night',
      creator: 'Ann',
      keywords: ['Paris', 'Rain'],
      capturedAt: '2024-05-06T07:08:09+02:00',
      lens: '',
    };
    expect(groupsOf({ metadata }).map((group) => group.title)).toEqual(['What the file says']);
    expect(groupsOf({ metadata })[0]?.rows).toContainEqual({ name: 'Keywords', value: 'Paris, Rain' });
  });

  it('makes nothing of nothing', () => {
    expect(groupsOf({})).toEqual([]);
    expect(groupsOf({ streams: 'none', container: 7 })).toEqual([]);
  });
});

it('shows what it does not know under its own name, and leaves out what has no words', () => {
  expect(
    rowsOf({ maxContentLight: 1000, nested: { a: 1 }, empty: null, list: ['a', 'b'], yes: true, no: false }),
  ).toEqual([
    { name: 'Max Content Light', value: '1,000' },
    { name: 'List', value: 'a, b' },
    { name: 'Yes', value: 'Yes' },
  ]);
  expect(humanName('color_primaries')).toBe('Color primaries');
});
