/** What was found, as the server marks it: HTML in which everything but <mark> is escaped. Read, never put into a page. */

export interface Part {
  text: string;
  marked: boolean;
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'", apos: "'" };

function plain(html: string): string {
  return html.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);
}

export function partsOf(html: string): Part[] {
  return html
    .split(/(<mark>.*?<\/mark>)/s)
    .filter(Boolean)
    .map((piece) => {
      const inner = /^<mark>(.*)<\/mark>$/s.exec(piece);
      return { text: plain(inner?.[1] ?? piece), marked: inner !== null };
    });
}
