import { describe, expect, it } from 'vitest';
import { formatRate, parseRate, type Rational } from './rational';
import { formatFrame, formatTimecode, frameAt, parseTimecode, timeInsideFrame, timecodeFormat } from './timecode';

const ntsc: Rational = { num: 30000, den: 1001 };
const ntsc60: Rational = { num: 60000, den: 1001 };

describe('parseRate', () => {
  it.each([
    ['30000/1001', { num: 30000, den: 1001 }],
    ['25/1', { num: 25, den: 1 }],
    ['50/2', { num: 25, den: 1 }],
    [29.97, { num: 30000, den: 1001 }],
    ['23.976', { num: 24000, den: 1001 }],
    [25, { num: 25, den: 1 }],
    [
      { num: 24000, den: 1001 },
      { num: 24000, den: 1001 },
    ],
    [
      { numerator: 60, denominator: 1 },
      { num: 60, den: 1 },
    ],
  ])('reads %j', (value, expected) => {
    expect(parseRate(value)).toEqual(expected);
  });

  it.each([null, undefined, '', '0/0', 'fast', -25, '25/0', {}])('refuses %j', (value) => {
    expect(parseRate(value)).toBeNull();
  });

  it('shows whole rates without decimals', () => {
    expect(formatRate({ num: 25, den: 1 })).toBe('25');
    expect(formatRate(ntsc)).toBe('29.97');
    expect(formatRate({ num: 24000, den: 1001 })).toBe('23.976');
  });
});

describe('drop frame', () => {
  const format = timecodeFormat(ntsc, '00:00:00;00');

  it.each([
    [0, '00:00:00;00'],
    [1799, '00:00:59;29'],
    [1800, '00:01:00;02'],
    [3597, '00:01:59;29'],
    [3598, '00:02:00;02'],
    [17981, '00:09:59;29'],
    [17982, '00:10:00;00'],
    [17982 + 1800, '00:11:00;02'],
    [107892, '01:00:00;00'],
  ])('frame %i is %s', (frame, label) => {
    expect(formatFrame(frame, format)).toBe(label);
    expect(parseTimecode(label, format)).toBe(frame);
  });

  it('leaves out four labels at 59.94', () => {
    const fast = timecodeFormat(ntsc60, '00:00:00;00');
    expect(formatFrame(3599, fast)).toBe('00:00:59;59');
    expect(formatFrame(3600, fast)).toBe('00:01:00;04');
    expect(formatFrame(35964, fast)).toBe('00:10:00;00');
  });

  it('has no label that was left out', () => {
    expect(parseTimecode('00:01:00;00', format)).toBeNull();
    expect(parseTimecode('00:01:00;01', format)).toBeNull();
    expect(parseTimecode('00:10:00;00', format)).toBe(17982);
  });

  it('gives every frame of an hour a label of its own that leads back to it', () => {
    for (let frame = 0; frame < 108_000; frame += 7) {
      expect(parseTimecode(formatFrame(frame, format), format)).toBe(frame);
    }
  });

  it('wraps after 24 hours', () => {
    expect(formatFrame(2_589_408, format)).toBe('00:00:00;00');
  });
});

describe('non-drop', () => {
  it('counts each frame', () => {
    const format = timecodeFormat(ntsc, '00:00:00:00');
    expect(formatFrame(1800, format)).toBe('00:01:00:00');
  });

  it('does not drop at rates that have no drop frame', () => {
    expect(timecodeFormat({ num: 25, den: 1 }, '10:00:00;00').dropFrame).toBe(false);
    expect(timecodeFormat({ num: 24000, den: 1001 }, '01:00:00;00').dropFrame).toBe(false);
  });

  it('starts at the start timecode of the file and wraps at midnight', () => {
    const format = timecodeFormat({ num: 25, den: 1 }, '10:00:00:00');
    expect(formatTimecode(0, format)).toBe('10:00:00:00');
    expect(formatTimecode(1.04, format)).toBe('10:00:01:01');
    expect(parseTimecode('10:00:01:01', format)).toBe(26);
    expect(parseTimecode('09:59:59:24', format)).toBeNull();
    expect(formatFrame(25, timecodeFormat({ num: 25, den: 1 }, '23:59:59:10'))).toBe('00:00:00:10');
  });

  it('ignores a start timecode that is none', () => {
    expect(timecodeFormat(ntsc, 'soon').startFrame).toBe(0);
    expect(timecodeFormat(ntsc, null).startFrame).toBe(0);
  });
});

describe('frames and times', () => {
  it('leads from a frame to a time and back to the same frame', () => {
    for (const rate of [ntsc, ntsc60, { num: 24000, den: 1001 }, { num: 25, den: 1 }]) {
      for (let frame = 0; frame < 200_000; frame += 997) {
        expect(frameAt(timeInsideFrame(frame, rate), rate)).toBe(frame);
        expect(frameAt((frame * rate.den) / rate.num, rate)).toBe(frame);
      }
    }
  });
});
