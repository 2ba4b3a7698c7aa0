/** Media to upload, made by ffmpeg when first asked for and kept for the run. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = join(tmpdir(), `reelvault-browser-media-${process.pid}`);

function made(name: string, make: (path: string) => void): string {
  const path = join(folder, name);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    make(path);
  }
  return path;
}

function ffmpeg(...words: string[]): void {
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Six seconds of moving picture at 29.97 with sound, starting at a drop-frame timecode. */
export function film(): string {
  return made('harbour.mp4', (path) =>
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30000/1001:duration=6'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=6'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '60', '-c:a', 'aac'],
      ...['-timecode', '01:00:00;00', path],
    ),
  );
}

/** Large enough for several renditions, with sound in three languages and no titles. */
export function filmInLanguages(): string {
  return made('languages.mp4', (path) =>
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=25:duration=8'],
      ...[440, 660, 880].flatMap((hertz) => ['-f', 'lavfi', '-i', `sine=frequency=${hertz}:duration=8`]),
      ...['-map', '0', '-map', '1', '-map', '2', '-map', '3'],
      ...['eng', 'deu', 'fra'].flatMap((code, n) => [`-metadata:s:a:${n}`, `language=${code}`]),
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-c:a', 'aac', path],
    ),
  );
}

/** Two mixes of one language, and one of them described, none with a title. */
export function filmInMixes(): string {
  return made('mixes.mkv', (path) =>
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=4'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=440:duration=4'],
      ...['-map', '0', '-map', '1', '-map', '1', '-map', '1'],
      ...[0, 1, 2].flatMap((n) => [`-metadata:s:a:${n}`, 'language=eng']),
      ...['-ac:a:0', '2', '-ac:a:1', '6', '-ac:a:2', '2'],
      ...['-disposition:a:0', 'default', '-disposition:a:1', '0', '-disposition:a:2', 'visual_impaired'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', path],
    ),
  );
}

/** Large enough for five parts: noise does not compress. */
export function largeFilm(): string {
  return made('noise.mp4', (path) =>
    ffmpeg(
      ...['-f', 'lavfi', '-i', 'nullsrc=size=640x360:rate=25:duration=5,geq=random(1)*255:128:128'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-b:v', '60M', '-minrate', '60M', path],
    ),
  );
}

export function sound(): string {
  return made('tone.wav', (path) => ffmpeg('-f', 'lavfi', '-i', 'aevalsrc=sin(440*2*PI*t)*t/4:d=4', path));
}

export function picture(): string {
  return made('still.png', (path) => ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=1600x1200', '-frames:v', '1', path));
}

/** Says that it is a film, and is not. */
export function notAFilm(): string {
  return made('letter.mp4', (path) => writeFileSync(path, 'Dear Sir or Madam,\n'.repeat(200)));
}

/** A picture by its name alone. */
export function notAPicture(): string {
  return made('random.jpg', (path) => writeFileSync(path, randomBytes(100_000)));
}

export function nothing(): string {
  return made('empty.mp4', (path) => writeFileSync(path, ''));
}

/** A folder of folders, as a camera card is. */
export function card(): string {
  const path = join(folder, 'Card 1');
  for (const place of ['', 'Day 1/Cam A', 'Day 1/Cam B']) {
    const target = join(path, place);
    if (existsSync(join(target, 'still.png'))) continue;
    mkdirSync(target, { recursive: true });
    copyFileSync(picture(), join(target, 'still.png'));
  }
  return path;
}

/** One where nothing was recorded yet in one place; what systems leave there is nothing. */
export function cardWithEmptyFolder(): string {
  const path = join(folder, 'Card 2');
  for (const place of ['Stills', 'Audio/Day 1']) mkdirSync(join(path, place), { recursive: true });
  copyFileSync(picture(), join(path, 'Stills', 'still.png'));
  writeFileSync(join(path, 'Audio/Day 1', '.DS_Store'), '');
  return path;
}
