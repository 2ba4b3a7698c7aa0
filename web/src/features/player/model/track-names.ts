/** What the sound tracks of a film are called in the menu: by their languages, told apart only where that is not enough. */

export interface NamedTrack {
  name: string;
  /** BCP 47 or ISO 639-2, as the playlist has it. */
  lang?: string | undefined;
  /** As the playlist has them: "2", "6", "16/JOC". */
  channels?: string | undefined;
}

/** Given by the server to a track that has no title. */
const untitled = /^(Track|Sound)( \d+)?$/;

function languageNames(locales: readonly string[]): (code: string | undefined) => string | null {
  const names = new Intl.DisplayNames([...locales], { type: 'language', fallback: 'none' });
  return (code) => {
    try {
      const name = code ? names.of(code) : undefined;
      return name ? name.charAt(0).toLocaleUpperCase([...locales]) + name.slice(1) : null;
    } catch {
      // Not a code of a language.
      return null;
    }
  };
}

function repeated(labels: readonly string[]): Set<string> {
  return new Set(labels.filter((label, index) => labels.indexOf(label) !== index));
}

const mixes: Record<number, string> = { 1: 'Mono', 2: 'Stereo', 6: '5.1', 8: '7.1' };

/** With `more` where that tells all of those apart that are called the same. */
function toldApart(labels: readonly string[], more: (index: number) => string | undefined): string[] {
  const alike = repeated(labels);
  return labels.map((label, index) => {
    const twins = labels.flatMap((other, at) => (other === label ? [more(at)] : []));
    return alike.has(label) && new Set(twins).size === twins.length && more(index)
      ? `${label} · ${more(index)}`
      : label;
  });
}

export function trackNames(tracks: readonly NamedTrack[], locales: readonly string[]): string[] {
  const languageOf = languageNames(locales);
  const languages = tracks.map(({ lang, name }) => languageOf(lang) ?? name);
  const alike = repeated(languages);
  const titled = tracks.map(({ name }, index) => {
    const language = languages[index] ?? name;
    const hasTitle = !untitled.test(name) && name !== language;
    return alike.has(language) && hasTitle ? `${language} · ${name}` : language;
  });
  const mixed = toldApart(titled, (index) => mixes[parseInt(tracks[index]?.channels ?? '', 10)]);
  const stillAlike = repeated(mixed);
  const counts = new Map<string, number>();
  return mixed.map((label) => {
    if (!stillAlike.has(label)) return label;
    const number = (counts.get(label) ?? 0) + 1;
    counts.set(label, number);
    return `${label} ${number}`;
  });
}
