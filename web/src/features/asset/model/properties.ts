/**
 * What a file says of itself, as rows for a table. The well-known fields come first under names that people use; whatever
 * else the server found follows under its own, so that nothing is hidden and nothing need be known here.
 */
import { formatBitRate, formatDuration } from '@/shared/format/format';
import { formatRate, parseRate } from '@/shared/timecode/rational';

export interface Property {
  name: string;
  value: string;
}

export interface PropertyGroup {
  title: string;
  rows: Property[];
}

type Values = Record<string, unknown>;

const labels: Record<string, string> = {
  codec: 'Codec',
  codecName: 'Codec',
  profile: 'Profile',
  level: 'Level',
  bitDepth: 'Bit depth',
  pixelFormat: 'Pixel format',
  colorSpace: 'Colour space',
  colourSpace: 'Colour space',
  colorPrimaries: 'Primaries',
  colorTransfer: 'Transfer',
  colorRange: 'Range',
  hdr: 'HDR',
  frameRate: 'Frame rate',
  fieldOrder: 'Field order',
  sampleAspectRatio: 'Pixel aspect',
  displayAspectRatio: 'Aspect',
  rotation: 'Rotation',
  channels: 'Channels',
  channelLayout: 'Channel layout',
  sampleRate: 'Sample rate',
  bitRate: 'Bit rate',
  bitrate: 'Bit rate',
  language: 'Language',
  languageCode: 'Language',
  title: 'Title',
  pageCount: 'Pages',
  pages: 'Pages',
  container: 'Container',
  format: 'Format',
  formatName: 'Format',
  durationMs: 'Duration',
  size: 'Size',
  startTimecode: 'Start timecode',
};

/** Said elsewhere on the page, or of use to programs alone. */
const silent = new Set([
  'streams',
  'index',
  'id',
  'type',
  'codecType',
  'kind',
  'width',
  'height',
  'disposition',
  'exif',
  'iptc',
  'xmp',
  'tags',
  'metadata',
]);

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function humanName(key: string): string {
  const known = labels[key];
  if (known) return known;
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_.:-]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function formatValue(key: string, value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (/frameRate$/i.test(key)) {
    const rate = parseRate(value);
    if (rate) return `${formatRate(rate)} fps`;
  }
  if (typeof value === 'number') {
    if (/bit_?rate$/i.test(key)) return formatBitRate(value);
    if (key === 'sampleRate') return `${(value / 1000).toFixed(1).replace(/\.0$/, '')} kHz`;
    if (key === 'durationMs') return formatDuration(value);
    if (key === 'rotation') return value === 0 ? null : `${value}°`;
    if (key === 'bitDepth') return `${value} bit`;
    return value.toLocaleString('en-GB', { maximumFractionDigits: 3 });
  }
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.join(', ');
  return null;
}

export function rowsOf(values: Values): Property[] {
  const order = Object.keys(labels);
  return Object.entries(values)
    .filter(([key]) => !silent.has(key))
    .flatMap(([key, value]) => {
      const text = formatValue(key, value);
      return text === null ? [] : [{ key, name: humanName(key), value: text }];
    })
    .sort((a, b) => {
      const place = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);
      return place(a.key) - place(b.key);
    })
    .map(({ name, value }) => ({ name, value }));
}

function streamTitle(stream: Values, number: number): string {
  const kind = [stream.type, stream.codecType, stream.kind].find((value) => typeof value === 'string') as
    string | undefined;
  return `${kind ? humanName(kind) : 'Stream'} ${number}`;
}

export function groupsOf(mediaProperties: Values): PropertyGroup[] {
  const groups: PropertyGroup[] = [{ title: 'Container', rows: rowsOf(mediaProperties) }];
  const streams = Array.isArray(mediaProperties.streams) ? mediaProperties.streams.filter(isValues) : [];
  const counts = new Map<string, number>();
  for (const stream of streams) {
    const kind = String(stream.type ?? stream.codecType ?? stream.kind ?? '');
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    const rows = rowsOf(stream);
    if (Number(stream.width) > 0 && Number(stream.height) > 0) {
      rows.splice(1, 0, { name: 'Size', value: `${Number(stream.width)} × ${Number(stream.height)}` });
    }
    groups.push({ title: streamTitle(stream, number), rows });
  }
  for (const [key, title] of [
    ['exif', 'EXIF'],
    ['iptc', 'IPTC'],
    ['xmp', 'XMP'],
    ['tags', 'Tags in the file'],
    ['metadata', 'Metadata'],
  ] as const) {
    const values = mediaProperties[key];
    if (isValues(values)) groups.push({ title, rows: rowsOf(values) });
  }
  return groups.filter((group) => group.rows.length > 0);
}
