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

/** In the order in which they are shown. */
const labels: Record<string, string> = {
  formatName: 'Format',
  codecName: 'Codec',
  codec: 'Codec',
  profile: 'Profile',
  dimensions: 'Size',
  title: 'Title',
  author: 'Author',
  pageCount: 'Pages',
  pages: 'Pages',
  frameRate: 'Frame rate',
  variableFrameRate: 'Variable frame rate',
  scan: 'Scan',
  bitDepth: 'Bit depth',
  chroma: 'Chroma',
  pixelFormat: 'Pixel format',
  hdr: 'HDR',
  colorPrimaries: 'Primaries',
  colorTransfer: 'Transfer',
  colorSpace: 'Colour space',
  colorRange: 'Range',
  interpretation: 'Colour',
  iccProfile: 'ICC profile',
  sampleAspectRatio: 'Pixel aspect',
  displayAspectRatio: 'Aspect',
  rotation: 'Rotation',
  channelLayout: 'Channels',
  channels: 'Channels',
  sampleRate: 'Sample rate',
  bitsPerSample: 'Bits per sample',
  bitRate: 'Bit rate',
  language: 'Language',
};

/** Of use to programs alone, or said by another field. */
const silent = new Set([
  'index',
  'kind',
  'format',
  'startUs',
  'level',
  'orientation',
  'bands',
  'durationExact',
  'durationMs',
  'isDefault',
  'attachedPicture',
  'keyFrameIntervalMs',
  'startsClean',
  'codedWidth',
  'codedHeight',
  'displayWidth',
  'displayHeight',
  'storedWidth',
  'storedHeight',
]);

/** Not said where it is what everybody expects. */
const ordinary: Record<string, unknown> = {
  sampleAspectRatio: '1:1',
  rotation: 0,
  bitsPerSample: 0,
  pages: 1,
  scan: 'progressive',
};

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
  if (value === null || value === undefined || value === '' || value === ordinary[key]) return null;
  if (typeof value === 'boolean') return value ? 'Yes' : null;
  if (/frameRate$/i.test(key)) {
    const rate = parseRate(value);
    if (rate) return `${formatRate(rate)} fps`;
  }
  if (typeof value === 'number') {
    if (/bit_?rate$/i.test(key)) return formatBitRate(value);
    if (key === 'sampleRate') return `${(value / 1000).toFixed(1).replace(/\.0$/, '')} kHz`;
    if (/durationMs$/.test(key)) return formatDuration(value);
    if (key === 'rotation') return `${value}°`;
    if (key === 'bitDepth') return `${value} bit`;
    return value.toLocaleString('en-GB', { maximumFractionDigits: 3 });
  }
  // `H.264 / AVC / MPEG-4 AVC / MPEG-4 part 10` is known by its first name.
  if (key === 'codecName' && typeof value === 'string') return value.split(' / ')[0] ?? value;
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item !== 'object'))
    return value.join(', ');
  return null;
}

export function rowsOf(values: Values): Property[] {
  const order = Object.keys(labels);
  const place = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);
  const said = new Set<string>();
  return Object.keys(values)
    .filter((key) => !silent.has(key))
    .sort((a, b) => place(a) - place(b))
    .flatMap((key) => {
      const value = formatValue(key, values[key]);
      const name = humanName(key);
      // `codecName` says better what `codec` says too.
      if (value === null || said.has(name)) return [];
      said.add(name);
      return [{ name, value }];
    });
}

function sizeOf(width: unknown, height: unknown): string | null {
  return Number(width) > 0 && Number(height) > 0 ? `${Number(width)} × ${Number(height)}` : null;
}

/** A stream with what its kind has of its own. */
function streamValues(stream: Values): Values {
  const { video, audio, ...common } = stream;
  const picture = isValues(video) ? video : {};
  return {
    ...common,
    ...picture,
    ...(isValues(audio) ? audio : {}),
    dimensions: sizeOf(picture.codedWidth, picture.codedHeight),
  };
}

function group(title: string, values: unknown): PropertyGroup[] {
  if (!isValues(values)) return [];
  const rows = rowsOf(values);
  return rows.length > 0 ? [{ title, rows }] : [];
}

export function groupsOf(mediaProperties: Values): PropertyGroup[] {
  const { container, picture, document, metadata } = mediaProperties;
  const streams = Array.isArray(mediaProperties.streams) ? mediaProperties.streams.filter(isValues) : [];
  const counts = new Map<string, number>();
  const ofStreams = streams.flatMap((stream) => {
    const kind = String(stream.kind ?? 'stream');
    const number = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, number);
    const alone = streams.filter((other) => other.kind === stream.kind).length === 1;
    const title = stream.attachedPicture === true ? 'Cover picture' : humanName(kind);
    return group(alone ? title : `${title} ${number}`, streamValues(stream));
  });
  const image = isValues(picture) ? picture : {};
  return [
    ...ofStreams,
    ...group('What the file says', metadata),
    ...group('Picture', { ...image, dimensions: sizeOf(image.storedWidth, image.storedHeight) }),
    ...group('Document', document),
    ...group('Container', container),
    ...group('Tags in the file', isValues(container) ? container.tags : null),
    ...group('EXIF', image.exif),
    ...group('IPTC', image.iptc),
    ...group('XMP', image.xmp),
  ];
}
