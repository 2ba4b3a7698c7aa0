import type { Page } from '@playwright/test';
import { chooseFiles, expect, serverUrl, test, uploads } from './support/app';
import { film, filmInLanguages, filmInMixes, picture, sound } from './support/media';

const video = (page: Page) =>
  page.locator('video').evaluate((element: HTMLVideoElement) => ({
    time: element.currentTime,
    width: element.videoWidth,
    paused: element.paused,
    rate: element.playbackRate,
  }));

async function openUploaded(page: Page, path: string, name: string): Promise<void> {
  await chooseFiles(page, path);
  await expect(uploads(page).getByText(/^Ready/)).toBeVisible({
    timeout: 90_000,
  });
  await uploads(page).getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

test('a film plays, with its quality, its time line and its keys', async ({ app }) => {
  await openUploaded(app, film(), 'harbour.mp4');
  await app.getByRole('button', { name: 'Play', exact: true }).first().click();
  await expect.poll(async () => (await video(app)).time, { timeout: 30_000 }).toBeGreaterThan(0.5);
  expect((await video(app)).width).toBeGreaterThan(0);
  await expect(app.getByTestId('time')).toContainText(/^01:00:0\d;\d\d/);

  // Keys: stop, then single frames in drop-frame timecode.
  await app.keyboard.press('k');
  await app.keyboard.press('Home');
  await expect(app.getByTestId('time')).toHaveText('01:00:00;00');
  await app.keyboard.press('.');
  await expect(app.getByTestId('time')).toHaveText('01:00:00;01');
  await app.keyboard.press('.');
  await app.keyboard.press(',');
  await expect(app.getByTestId('time')).toHaveText('01:00:00;01');
  await app.keyboard.press('l');
  await app.keyboard.press('l');
  await expect.poll(async () => (await video(app)).rate).toBe(2);
  await app.keyboard.press(' ');
  await expect.poll(async () => (await video(app)).paused).toBe(true);

  // A look at what lies under the pointer, and going there.
  const line = app.getByRole('slider', { name: 'Time line' });
  const box = await line.boundingBox();
  if (!box) throw new Error('the time line has no place');
  await app.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const preview = app.getByTestId('sprite-preview');
  await expect(preview).toBeVisible();
  await expect(preview.locator('[style*="background-image"]')).toBeVisible();
  await app.mouse.down();
  await app.mouse.up();
  await expect.poll(async () => Math.abs((await video(app)).time - 3)).toBeLessThan(0.3);

  await app.getByRole('button', { name: /^Quality/ }).click();
  const choice = app.getByRole('menuitem', { name: /^\d+p/ }).first();
  const label = (await choice.textContent())?.trim() ?? '';
  await choice.click();
  await expect(app.getByRole('button', { name: `Quality: ${label}` })).toBeVisible();

  await app.getByRole('button', { name: /^Speed/ }).click();
  await app.getByRole('menuitem', { name: '0.5×' }).click();
  await expect.poll(async () => (await video(app)).rate).toBe(0.5);
});

test('a film that is loaded whole still changes to the quality that is chosen', async ({ app }) => {
  await openUploaded(app, filmInLanguages(), 'languages.mp4');
  const buffered = () =>
    app
      .locator('video')
      .evaluate(
        (element: HTMLVideoElement) =>
          element.buffered.length === 1 && element.buffered.end(0) > element.duration - 0.3 && element.duration > 7,
      );
  const choose = async (label: RegExp) => {
    await expect.poll(buffered, { timeout: 30_000 }).toBe(true);
    await app.getByRole('button', { name: /^Quality/ }).click();
    const choice = app.getByRole('menuitem', { name: label }).last();
    const name = (await choice.textContent())?.trim() ?? '';
    await choice.click();
    return name;
  };
  const shows = (label: string) => expect(app.getByRole('button', { name: `Quality: ${label}` })).toBeVisible();
  await app.getByRole('button', { name: 'Play', exact: true }).first().click();
  await expect.poll(async () => (await video(app)).time, { timeout: 30_000 }).toBeGreaterThan(0.3);
  await app.keyboard.press('k');

  // Standing still, in both directions.
  const low = await choose(/^\d+p/);
  await expect.poll(async () => (await video(app)).width, { timeout: 30_000 }).toBeLessThan(1280);
  await shows(low);
  await choose(/^720p/);
  await expect.poll(async () => (await video(app)).width, { timeout: 30_000 }).toBe(1280);
  await shows('720p');

  // And while it plays.
  await app.getByRole('button', { name: 'Play', exact: true }).click();
  await choose(/^\d+p/);
  await expect.poll(async () => (await video(app)).width, { timeout: 30_000 }).toBeLessThan(1280);
  await shows(low);
  await choose(/^Auto/);
  await expect(app.getByRole('button', { name: /^Quality: Auto/ })).toBeVisible();
});

test('sound tracks are called by their languages', async ({ app }) => {
  await openUploaded(app, filmInLanguages(), 'languages.mp4');
  const menu = app.getByRole('button', { name: /^Sound track/ });
  await expect(menu).toHaveAccessibleName('Sound track: English');
  await menu.click();
  await expect(app.getByRole('menuitem')).toHaveText(['English', 'German', 'French']);
  await app.getByRole('menuitem', { name: 'German' }).click();
  await expect(menu).toHaveAccessibleName('Sound track: German');
});

test('sound tracks of one language are told apart', async ({ app }) => {
  await openUploaded(app, filmInMixes(), 'mixes.mkv');
  const menu = app.getByRole('button', { name: /^Sound track/ });
  await expect(menu).toHaveAccessibleName('Sound track: English · Stereo');
  await menu.click();
  await expect(app.getByRole('menuitem')).toHaveText([
    'English · Stereo',
    'English · 5.1',
    'English · Audio description',
  ]);
});

test('a clip is cut from where the player stands, and between what was marked in it', async ({
  app,
  server,
  folder,
}) => {
  await openUploaded(app, film(), 'harbour.mp4');
  const dialog = app.getByRole('dialog');
  const open = async () => {
    await app.getByRole('button', { name: 'More actions' }).click();
    await app.getByRole('menuitem', { name: 'Make clip…' }).click();
  };
  const goTo = async (seconds: number) => {
    await app.keyboard.press('Home');
    for (let second = 0; second < seconds; second += 1) await app.keyboard.press('Shift+ArrowRight');
  };
  await expect(app.getByTestId('time')).toHaveText('01:00:00;00');
  await goTo(2);
  // Who looks for a frame sees it whole.
  await expect(app.getByRole('button', { name: 'Play', exact: true })).toHaveCount(1);
  const there = (await app.getByTestId('time').textContent()) ?? '';
  expect(there).toMatch(/^01:00:0[12];\d\d$/);
  await open();
  await expect(dialog.getByLabel('Start', { exact: true })).toHaveValue(there);
  await expect(dialog.getByLabel('End', { exact: true })).toHaveValue('01:00:06;00');
  await expect(dialog.getByText(`The player is at ${there}`)).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await app.keyboard.press('i');
  await expect(app.getByTestId('marked')).toBeVisible();
  await goTo(4);
  const end = (await app.getByTestId('time').textContent()) ?? '';
  await open();
  await expect(dialog.getByLabel('Start', { exact: true })).toHaveValue(there);
  await dialog.getByRole('button', { name: 'End here' }).click();
  await expect(dialog.getByLabel('End', { exact: true })).toHaveValue(end);
  await dialog.getByRole('button', { name: 'Make clip' }).click();
  await expect(app.getByRole('heading', { level: 1, name: /harbour \(clip\)/ })).toBeVisible();
  const clip = async () =>
    (await server.children(folder.id)).find(({ displayName }) => displayName !== 'harbour.mp4') as
      { durationMs: number | null; assetStatusName: string } | undefined;
  await expect.poll(async () => (await clip())?.assetStatusName, { timeout: 90_000 }).toBe('Available');
  expect(Math.abs(((await clip())?.durationMs ?? 0) - 2000)).toBeLessThan(150);
});

test('subtitles that were uploaded are chosen from a menu and shown', async ({ app, server, folder }) => {
  await chooseFiles(app, film());
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({ timeout: 90_000 });
  const asset = (await server.children(folder.id))[0];
  if (!asset) throw new Error('the film is not in its folder');
  const srt = (text: string) => `1\n00:00:00,000 --> 00:00:05,500\n<i>${text}</i>\n`;
  await server.uploadSubtitles(asset.id, 'de.srt', 'de', srt('Guten Tag'));
  await server.uploadSubtitles(asset.id, 'en.srt', 'en', srt('Good day'));
  await uploads(app).getByRole('link', { name: 'harbour.mp4' }).click();

  const shown = () =>
    app.locator('video').evaluate((element: HTMLVideoElement) =>
      Array.from(element.textTracks)
        .filter((track) => track.mode === 'showing')
        .flatMap((track) => Array.from(track.activeCues ?? []).map((cue) => (cue as VTTCue).text)),
    );
  const menu = app.getByRole('button', { name: /^Subtitles/ });
  await expect(menu).toHaveAccessibleName('Subtitles: Off');
  await app.getByRole('button', { name: 'Play', exact: true }).first().click();
  await expect.poll(async () => (await video(app)).time, { timeout: 30_000 }).toBeGreaterThan(0.2);
  expect(await shown()).toEqual([]);
  await menu.click();
  await app.getByRole('menuitem', { name: 'English' }).click();
  await expect(menu).toHaveAccessibleName('Subtitles: English');
  await expect.poll(shown).toEqual(['<i>Good day</i>']);
  await menu.click();
  await app.getByRole('menuitem', { name: 'German' }).click();
  await expect.poll(shown).toEqual(['<i>Guten Tag</i>']);
  await menu.click();
  await app.getByRole('menuitem', { name: 'Off' }).click();
  await expect.poll(shown).toEqual([]);
});

test('the page of a film tells what it is and what was done with it', async ({ app }) => {
  await openUploaded(app, film(), 'harbour.mp4');
  const side = app.getByRole('complementary', { name: 'About this file' });
  await expect(side).toContainText('640 × 360');
  await expect(side).toContainText('29.97 fps');
  await expect(side).toContainText('01:00:00;00');
  await expect(side).toContainText(/H\.?264/i);
  await app.getByRole('tab', { name: /Activity/ }).click();
  await expect(side.getByRole('table')).toContainText('Streaming renditions');
  await app.getByRole('tab', { name: /Versions/ }).click();
  await expect(side).toContainText('Version 1');

  const download = app.waitForEvent('download');
  await app.getByRole('link', { name: 'Download' }).first().click();
  expect((await download).suggestedFilename()).toBe('harbour.mp4');
});

test('sound plays under its waveform', async ({ app }) => {
  await openUploaded(app, sound(), 'tone.wav');
  await expect(app.locator('canvas')).toBeVisible();
  await app.getByRole('button', { name: 'Play', exact: true }).click();
  await expect
    .poll(() => app.locator('audio').evaluate((element: HTMLAudioElement) => element.currentTime), { timeout: 20_000 })
    .toBeGreaterThan(0.3);
});

test('a picture is looked at closely', async ({ app }) => {
  await openUploaded(app, picture(), 'still.png');
  const image = app.getByRole('img', { name: 'still.png' });
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1600);
  const before = await image.boundingBox();
  await app.getByRole('button', { name: /Zoom in/ }).click();
  await expect.poll(async () => (await image.boundingBox())?.width ?? 0).toBeGreaterThan((before?.width ?? 0) * 1.2);
  await app.keyboard.press('0');
  await expect
    .poll(async () => Math.round((await image.boundingBox())?.width ?? 0))
    .toBe(Math.round(before?.width ?? 0));
});

test('a text is read on its page, a long one as it begins', async ({ app, server, folder }) => {
  const short = await server.upload(folder.id, 'notes.txt', 'Scene 1 – <b>the harbour</b>\n\ttake 2');
  await app.goto(`${serverUrl()}/app/asset/${short}`);
  const text = app.getByRole('region', { name: 'Text of notes.txt' });
  await expect(text.getByText('Scene 1 – <b>the harbour</b>')).toBeVisible();
  await expect(text.getByText('This is how it begins')).toHaveCount(0);
  const long = await server.upload(folder.id, 'log.txt', `first line\n${'another line\n'.repeat(20_000)}last line`);
  await app.goto(`${serverUrl()}/app/asset/${long}`);
  const log = app.getByRole('region', { name: 'Text of log.txt' });
  await expect(log).toContainText('first line');
  await expect(log).not.toContainText('last line');
  await expect(log.getByText('This is how it begins')).toHaveCount(1);
  await expect(app.getByRole('link', { name: 'Download' }).first()).toBeVisible();
});
