import { describe, expect, it } from 'vitest';
import { trackNames } from './track-names';

describe('trackNames', () => {
  it('calls tracks by their languages, in the language of whoever looks', () => {
    const tracks = [
      { name: 'Track 1', lang: 'eng' },
      { name: 'Track 2', lang: 'de' },
      { name: 'Track 3', lang: 'fre' },
    ];
    expect(trackNames(tracks, ['en-GB'])).toEqual(['English', 'German', 'French']);
    expect(trackNames(tracks, ['de'])).toEqual(['Englisch', 'Deutsch', 'Französisch']);
    expect(trackNames(tracks, ['fr'])).toEqual(['Anglais', 'Allemand', 'Français']);
  });

  it('adds the title, or a number, only where two would be called the same', () => {
    const tracks = [
      { name: 'Stereo', lang: 'en' },
      { name: 'Commentary', lang: 'en' },
      { name: 'Original mix', lang: 'de' },
    ];
    expect(trackNames(tracks, ['en'])).toEqual(['English · Stereo', 'English · Commentary', 'German']);
    const untitled = [
      { name: 'Track 1', lang: 'en' },
      { name: 'Track 2', lang: 'eng' },
      { name: 'Commentary', lang: 'en' },
    ];
    expect(trackNames(untitled, ['en'])).toEqual(['English 1', 'English 2', 'English · Commentary']);
  });

  it('tells tracks without titles apart by what they are mixed for, where that does', () => {
    const tracks = (...channels: string[]) =>
      channels.map((each, n) => ({ name: `Track ${n + 1}`, lang: 'en', channels: each }));
    expect(trackNames(tracks('2', '6'), ['en'])).toEqual(['English · Stereo', 'English · 5.1']);
    expect(trackNames(tracks('2', '2', '6'), ['en'])).toEqual(['English 1', 'English 2', 'English 3']);
  });

  it('keeps the name of the playlist where no language is known', () => {
    const tracks = [
      { name: 'Track 1' },
      { name: 'Boom', lang: 'und' },
      { name: 'Track 3', lang: '' },
      { name: 'Lavalier', lang: 'not a code' },
    ];
    expect(trackNames(tracks, ['en'])).toEqual(['Track 1', 'Boom', 'Track 3', 'Lavalier']);
  });
});
