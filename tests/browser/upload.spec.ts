import { readFileSync, statSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { chooseFiles, expect, serverUrl, test, uploads } from './support/app';
import { card, cardWithEmptyFolder, film, largeFilm, notAFilm, picture } from './support/media';

/** A line so slow that there is time to do something in the middle. */
async function slowUploads(page: Page, bytesPerSecond: number): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const set = (uploadThroughput: number) =>
    session.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  await session.send('Network.enable');
  await set(bytesPerSecond);
  return () => set(-1).then(() => undefined);
}

test('a film is uploaded and processed with live progress', async ({ app, server, folder }) => {
  await chooseFiles(app, film());
  const panel = uploads(app);
  await expect(panel.getByText('harbour.mp4')).toBeVisible();
  // The card in the folder appears by itself and settles by itself.
  const card = app.getByRole('list', { name: /Contents/ }).getByRole('link', { name: /harbour\.mp4/ });
  await expect(card).toBeVisible();
  await expect(panel.getByText(/^Ready/)).toBeVisible({ timeout: 90_000 });
  await expect(card.locator('img')).toBeVisible();
  await expect(card.getByText('0:06')).toBeVisible();
  expect((await server.children(folder.id))[0]).toMatchObject({
    displayName: 'harbour.mp4',
    assetStatusName: 'Available',
  });
  await app.getByRole('button', { name: 'Close the uploads' }).click();
  await expect(panel).toHaveCount(0);
});

test('files are dropped anywhere on the page', async ({ app, server, folder }) => {
  const bytes = [...readFileSync(picture())];
  const data = await app.evaluateHandle((content) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(content)], 'dropped.png', { type: 'image/png' }));
    return transfer;
  }, bytes);
  await app.dispatchEvent('body', 'dragenter', { dataTransfer: data });
  await expect(app.getByText('Drop to upload')).toBeVisible();
  await app.dispatchEvent('body', 'drop', { dataTransfer: data });
  await expect(app.getByText('Drop to upload')).toBeHidden();
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({
    timeout: 60_000,
  });
  expect((await server.children(folder.id)).map((child) => child.displayName)).toEqual(['dropped.png']);
});

test('a folder keeps what is in it where it is', async ({ app, server, folder }) => {
  await app.getByLabel('Choose a folder to upload').first().setInputFiles(card());
  await expect(uploads(app).getByText(/^Ready/)).toHaveCount(3, { timeout: 90_000 });
  const names = async (id: string) => (await server.children(id)).map((child) => child.displayName).sort();
  const [top] = await server.children(folder.id);
  expect(top?.displayName).toBe('Card 1');
  expect(await names(top?.id ?? '')).toEqual(['Day 1', 'still.png']);
  const day = (await server.children(top?.id ?? '')).find((child) => child.displayName === 'Day 1');
  expect(await names(day?.id ?? '')).toEqual(['Cam A', 'Cam B']);
});

test('folders that are dropped are made with all that is in them, be it nothing', async ({ app, server, folder }) => {
  const session = await app.context().newCDPSession(app);
  const data = { items: [], files: [cardWithEmptyFolder()], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({ timeout: 60_000 });
  const inside = async (id: string) =>
    new Map((await server.children(id)).map((child) => [child.displayName, child.id]));
  const top = (await inside(folder.id)).get('Card 2') ?? '';
  await expect.poll(async () => [...(await inside(top)).keys()].sort()).toEqual(['Audio', 'Stills']);
  const audio = (await inside(top)).get('Audio') ?? '';
  await expect.poll(async () => [...(await inside(audio)).keys()]).toEqual(['Day 1']);
});

test('an upload is paused and resumed', async ({ app, server, folder }) => {
  const full = await slowUploads(app, 6_000_000);
  const sent: string[] = [];
  app.on('requestfinished', (request) => request.method() === 'PUT' && sent.push(request.url()));
  await chooseFiles(app, largeFilm());
  const panel = uploads(app);
  // The first parts are done while the last ones wait.
  await expect.poll(() => sent.length, { timeout: 30_000 }).toBeGreaterThan(0);
  await panel.getByRole('button', { name: 'Pause: noise.mp4' }).click();
  await expect(panel.getByText(/^Paused/)).toBeVisible();
  await full();
  await panel.getByRole('button', { name: 'Resume: noise.mp4' }).click();
  await expect(panel.getByRole('link', { name: 'noise.mp4' })).toBeVisible({
    timeout: 60_000,
  });
  expect((await server.children(folder.id)).map((child) => child.displayName)).toEqual(['noise.mp4']);
  expect(new Set(sent).size, 'no part is sent whole twice').toBe(sent.length);
});

test('an upload goes on where it was after the page was loaded again', async ({ app, server, folder }) => {
  app.on('dialog', (dialog) => void dialog.accept());
  await slowUploads(app, 6_000_000);
  await chooseFiles(app, largeFilm());
  await expect
    .poll(async () => (await server.openUploads()).items[0]?.completedParts ?? 0, { timeout: 60_000 })
    .toBeGreaterThan(0);

  await app.reload();
  const panel = uploads(app);
  await expect(panel.getByText('1 upload interrupted')).toBeVisible();
  await panel.getByRole('button', { name: 'Unfold the uploads' }).click();
  await expect(panel.getByText(/Interrupted/)).toBeVisible();
  const [open] = (await server.openUploads()).items;
  expect(open?.completedParts).toBeGreaterThan(0);

  // What the server has is not sent again.
  const sent: string[] = [];
  app.on('request', (request) => request.method() === 'PUT' && sent.push(request.url()));
  await chooseFiles(app, largeFilm());
  await expect(panel.getByRole('link', { name: 'noise.mp4' })).toBeVisible({
    timeout: 90_000,
  });
  const parts = Math.ceil(statSync(largeFilm()).size / (8 * 1024 * 1024));
  expect(sent.length).toBeLessThanOrEqual(parts - (open?.completedParts ?? 0));
  expect(sent.length).toBeGreaterThan(0);
  expect((await server.children(folder.id)).map((child) => child.displayName)).toEqual(['noise.mp4']);
  expect((await server.openUploads()).items).toEqual([]);
});

test('an interrupted upload takes no other file, and can be discarded', async ({ app, server, folder }) => {
  app.on('dialog', (dialog) => void dialog.accept());
  await slowUploads(app, 1_000_000);
  await chooseFiles(app, largeFilm());
  const panel = uploads(app);
  await expect(panel.getByRole('button', { name: 'Pause: noise.mp4' })).toBeVisible();
  await app.reload();
  await expect(panel.getByText('1 upload interrupted')).toBeVisible();
  await panel.getByRole('button', { name: 'Unfold the uploads' }).click();
  await expect(panel.getByText(/Interrupted/)).toBeVisible();
  await panel.getByLabel('File to continue noise.mp4').setInputFiles(film());
  await expect(panel.getByRole('alert')).toContainText('another size');
  await panel.getByRole('button', { name: 'Discard: noise.mp4' }).click();
  await expect(panel).toHaveCount(0);
  await expect.poll(async () => (await server.openUploads()).items.length).toBe(0);
  expect(await server.children(folder.id)).toEqual([]);
});

test('what a program began is shown in its folder, and not as an upload of this browser', async ({
  app,
  server,
  folder,
}) => {
  await server.send('POST', '/asset/upload/start', {
    fileName: 'theirs.mov',
    fileSize: 9_000_000,
    parentId: folder.id,
    contentType: 'video/quicktime',
  });
  const asked = app.waitForResponse((answer) => new URL(answer.url()).pathname.endsWith('/asset/upload'));
  await app.reload();
  await asked;
  await expect(app.getByRole('link', { name: /theirs\.mov/ })).toBeVisible();
  await expect(uploads(app)).toHaveCount(0);
});

test('the uploads lie over nothing, and stay folded where they were folded', async ({ app, server, folder }) => {
  const text = await server.upload(folder.id, 'notes.txt', 'Scene 1');
  app.on('dialog', (dialog) => void dialog.accept());
  await slowUploads(app, 300_000);
  await chooseFiles(app, largeFilm());
  const panel = uploads(app);
  await expect(panel.getByRole('button', { name: 'Pause: noise.mp4' })).toBeVisible();
  await app.getByRole('link', { name: /notes\.txt/ }).click();
  await expect(app).toHaveURL(new RegExp(text));
  const main = app.getByRole('main');
  const apart = async () => {
    const [one, other] = [await panel.boundingBox(), await main.boundingBox()];
    if (!one || !other) throw new Error('the page or its uploads are not there');
    return one.x + one.width <= other.x + 1 || other.y + other.height <= one.y + 1;
  };
  expect(await apart()).toBe(true);
  await app.setViewportSize({ width: 390, height: 844 });
  await expect(panel).toBeVisible();
  expect(await apart()).toBe(true);
  expect((await panel.boundingBox())?.height).toBeLessThanOrEqual(844 * 0.4);
  await panel.getByRole('button', { name: 'Fold the uploads' }).click();
  await expect(panel).toHaveCount(0);
  const pill = app.getByRole('button', { name: /^Uploads: Uploading 1 file/ });
  await expect(pill).toHaveAttribute('aria-expanded', 'false');

  await app.reload();
  await app.goto(`${serverUrl()}/app/folder/${folder.id}`);
  await expect(app.getByRole('button', { name: 'Uploads: 1 upload interrupted' })).toBeVisible();
  await chooseFiles(app, largeFilm());
  await expect(pill).toBeVisible();
  await expect(panel).toHaveCount(0);
  await pill.click();
  await panel.getByRole('button', { name: 'Cancel: noise.mp4' }).click();
  await expect(panel).toHaveCount(0);
});

test('a name that is taken is a question, and each answer does what it says', async ({ app, server, folder }) => {
  const panel = uploads(app);
  await chooseFiles(app, picture());
  await expect(panel.getByText(/^Ready/)).toBeVisible({ timeout: 60_000 });

  await chooseFiles(app, picture());
  await panel.getByRole('button', { name: 'Skip' }).click();
  expect(await server.children(folder.id)).toHaveLength(1);

  await chooseFiles(app, picture());
  await panel.getByRole('button', { name: 'Keep both' }).click();
  await expect
    .poll(async () => (await server.children(folder.id)).map((child) => child.displayName))
    .toEqual(['still (2).png', 'still.png']);

  await chooseFiles(app, picture());
  await panel.getByRole('button', { name: 'Replace' }).click();
  await expect(panel.getByText(/already/)).toHaveCount(0);
  const replaced = (await server.children(folder.id)).find((child) => child.displayName === 'still.png');
  await expect
    .poll(async () => (await server.get<{ version: number }>(`/asset/${replaced?.id}`)).version, { timeout: 60_000 })
    .toBe(2);
  await expect
    .poll(async () => (await server.children(folder.id)).map((child) => child.assetStatusName), { timeout: 60_000 })
    .toEqual(['Available', 'Available']);
});

test('what somebody else is uploading still is not offered to be replaced', async ({
  app,
  server,
  folder,
  playwright,
}) => {
  const username = `busy-${Date.now()}`;
  const password = 'given by somebody else';
  const { id: userId } = await server.send<{ id: string }>('POST', '/admin/user', {
    username,
    password,
    role: 'editor',
  });
  await server.send('POST', '/admin/grant', { userId, assetId: folder.id, permission: 'write' });
  const other = await playwright.request.newContext({ baseURL: serverUrl() });
  const login = await other.post('/account/login', { data: { username, password } });
  const { accessToken } = (await login.json()) as { accessToken: string };
  const began = await other.post('/asset/upload/start', {
    headers: { Authorization: `Bearer ${accessToken}` },
    data: { fileName: 'still.png', fileSize: 9_000_000, parentId: folder.id },
  });
  expect(began.ok()).toBe(true);
  await other.dispose();
  await server.makeFolderIn(folder.id, 'harbour.mp4');

  await chooseFiles(app, picture(), film());
  const panel = uploads(app);
  await expect(panel.getByText(new RegExp(`An open upload by ${username}`))).toBeVisible();
  await expect(panel.getByText('There is already something named "harbour.mp4" here.')).toBeVisible();
  await expect(panel.getByRole('button', { name: 'Keep both' })).toHaveCount(3);
  await expect(panel.getByRole('button', { name: /^Replace/ })).toHaveCount(0);
  await panel.getByRole('button', { name: 'Skip' }).first().click();
  await expect(panel).toHaveCount(0);
});

test('an upload is cancelled', async ({ app, server, folder }) => {
  await slowUploads(app, 1_000_000);
  await chooseFiles(app, largeFilm());
  const panel = uploads(app);
  await panel.getByRole('button', { name: 'Cancel: noise.mp4' }).click();
  await expect(panel).toHaveCount(0);
  await expect.poll(async () => (await server.openUploads()).items.length).toBe(0);
  await expect.poll(() => server.children(folder.id)).toEqual([]);
});

test('a file that is not what it says is told apart', async ({ app }) => {
  await chooseFiles(app, notAFilm());
  const panel = uploads(app);
  const link = panel.getByRole('link', { name: 'letter.mp4' });
  await expect(link).toBeVisible();
  await expect(panel.getByText(/^Ready|could not be processed/)).toBeVisible({
    timeout: 60_000,
  });
  await link.click();
  await app.getByRole('tab', { name: /Activity/ }).click();
  await expect(app.getByRole('table')).toContainText('Reading the file');
});
