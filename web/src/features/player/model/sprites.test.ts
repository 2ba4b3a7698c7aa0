import { describe, expect, it } from 'vitest';
import { parseSprites, spriteAt } from './sprites';

const base = 'http://h/media/a/r/sprites.vtt';
const vtt = `WEBVTT

00:00:00.000 --> 00:00:02.000
sprites-0.jpg#xywh=0,0,160,90

2
00:00:02.000 --> 00:00:04.000 align:start
sprites-0.jpg#xywh=160,0,160,90

NOTE a remark

01:00:00.000 --> 01:00:02.000
/other/sheet.jpg#xywh=pixel:0,90,160,90
`;

describe('parseSprites', () => {
  it('reads cues with and without identifiers, settings and notes', () => {
    const cues = parseSprites(vtt, base);
    expect(cues).toHaveLength(3);
    expect(cues[0]).toEqual({
      start: 0,
      end: 2,
      url: 'http://h/media/a/r/sprites-0.jpg',
      x: 0,
      y: 0,
      width: 160,
      height: 90,
    });
    expect(cues[2]).toMatchObject({ start: 3600, url: 'http://h/other/sheet.jpg', y: 90 });
  });

  it('takes a byte order mark, CRLF and times without hours', () => {
    const cues = parseSprites('\uFEFFWEBVTT - made\r\n\r\n00:01.500 --> 00:03.000\r\ns.jpg#xywh=0,0,1,1\r\n', base);
    expect(cues).toMatchObject([{ start: 1.5, end: 3 }]);
  });

  it.each([
    ['not a VTT', '00:00.000 --> 00:01.000\ns.jpg#xywh=0,0,1,1'],
    ['a cue without a picture', 'WEBVTT\n\n00:00.000 --> 00:01.000\nHello'],
    ['a cue that ends before it starts', 'WEBVTT\n\n00:02.000 --> 00:01.000\ns.jpg#xywh=0,0,1,1'],
    ['a picture without an area', 'WEBVTT\n\n00:00.000 --> 00:01.000\ns.jpg#xywh=0,0,0,0'],
    ['nothing', ''],
  ])('finds nothing in %s', (_what, text) => {
    expect(parseSprites(text, base)).toEqual([]);
  });
});

describe('spriteAt', () => {
  const cues = parseSprites(vtt, base);
  it.each([
    [0, 0],
    [1.999, 0],
    [2, 160],
    [100, 160],
  ])('at %d s shows the picture at x %d', (seconds, x) => {
    expect(spriteAt(cues, seconds)?.x).toBe(x);
  });
  it('shows the last one past the end, and nothing without cues', () => {
    expect(spriteAt(cues, 99_999)?.start).toBe(3600);
    expect(spriteAt([], 1)).toBeNull();
  });
});
