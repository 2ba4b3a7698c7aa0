import type { Page } from '@playwright/test';
import { chooseFiles, expect, test, uploads } from './support/app';
import { picture } from './support/media';

const bar = (app: Page) => app.getByRole('toolbar', { name: 'Selection' });
const item = (app: Page, name: string | RegExp) =>
  app.getByRole('list', { name: /Contents/ }).getByRole('link', { name, exact: true });

test('several are selected with mouse and keys, moved, and the bin is undone', async ({ app, server, folder }) => {
  for (const name of ['A', 'B', 'C', 'D', 'Target']) await server.makeFolderIn(folder.id, name);
  await expect(item(app, 'Target')).toBeVisible();

  await item(app, 'A').click({ modifiers: ['Control'] });
  await item(app, 'C').click({ modifiers: ['Shift'] });
  await expect(bar(app).getByRole('status')).toHaveText('3 selected');
  await item(app, 'B').click();
  await expect(bar(app).getByRole('status')).toHaveText('2 selected');
  await app.keyboard.press('Escape');
  await expect(bar(app)).toHaveCount(0);

  await item(app, 'A').focus();
  await app.keyboard.press('Space');
  await app.keyboard.press('Shift+ArrowRight');
  await expect(bar(app).getByRole('status')).toHaveText('2 selected');
  await bar(app).getByRole('button', { name: 'Move to…' }).click();
  const dialog = app.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Move here' })).toBeDisabled();
  await expect(dialog.getByRole('button', { name: 'A', exact: true })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Target' }).click();
  await dialog.getByRole('button', { name: 'Move here' }).click();
  await expect(item(app, 'A')).toHaveCount(0);
  await expect(app.getByText('Moved 2 items')).toBeVisible();
  expect((await server.children(folder.id)).map(({ displayName }) => displayName)).toEqual(['C', 'D', 'Target']);

  await item(app, 'C').focus();
  await app.keyboard.press('Control+a');
  await expect(bar(app).getByRole('status')).toHaveText('3 selected');
  await app.keyboard.press('Delete');
  await expect(app.getByText('Moved to the bin: 3 items')).toBeVisible();
  await expect(app.getByText('Drop files here')).toBeVisible();
  await app.getByRole('button', { name: 'Undo' }).click();
  await expect(item(app, 'Target')).toBeVisible();
  expect((await server.children(folder.id)).map(({ displayName }) => displayName)).toEqual(['C', 'D', 'Target']);
});

test('what is dragged onto a folder is moved there, and back by the path', async ({ app, server, folder }) => {
  for (const name of ['Loose', 'Shelf']) await server.makeFolderIn(folder.id, name);
  await item(app, 'Loose').dragTo(item(app, 'Shelf'));
  await expect(item(app, 'Loose')).toHaveCount(0);
  await item(app, 'Shelf').click();
  await expect(item(app, 'Loose')).toBeVisible();
  const up = app.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: folder.name });
  await item(app, 'Loose').dragTo(up);
  await expect(app.getByText('Drop files here')).toBeVisible();
  const names = async () => (await server.children(folder.id)).map(({ displayName }) => displayName);
  await expect.poll(names).toEqual(['Loose', 'Shelf']);
});

test('each failure is told, and a taken name can be kept beside', async ({ app, server, folder }) => {
  const target = await server.makeFolderIn(folder.id, 'Target');
  await server.makeFolderIn(target.id, 'Twin');
  for (const name of ['Single', 'Twin']) await server.makeFolderIn(folder.id, name);
  await item(app, 'Single').click({ modifiers: ['Control'] });
  await item(app, 'Twin').click();
  await item(app, 'Twin').dragTo(item(app, 'Target'));
  const dialog = app.getByRole('dialog', { name: 'Not all could be moved' });
  await expect(dialog.getByText('There is already something named "Twin" here.')).toBeVisible();
  await expect(item(app, 'Twin')).toBeVisible();
  await dialog.getByRole('button', { name: 'Keep both' }).click();
  await expect(app.getByText('Moved “Twin”')).toBeVisible();
  await expect(item(app, 'Twin')).toHaveCount(0);
  expect((await server.children(target.id)).map(({ displayName }) => displayName)).toEqual([
    'Single',
    'Twin',
    'Twin (2)',
  ]);
});

test('a file is duplicated and copied from its menu', async ({ app, server, folder }) => {
  await server.makeFolderIn(folder.id, 'Target');
  await chooseFiles(app, picture());
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({ timeout: 60_000 });
  await app.getByRole('button', { name: 'Close the uploads' }).click();
  await app.getByRole('button', { name: 'Actions for still.png' }).click();
  await app.getByRole('menuitem', { name: 'Duplicate' }).click();
  await expect(item(app, /still \(2\)\.png/)).toBeVisible();
  await item(app, /still \(2\)\.png/).focus();
  await app.keyboard.press('Shift+F10');
  await app.getByRole('menuitem', { name: 'Copy to…' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('button', { name: 'New folder here' }).click();
  await dialog.getByLabel('Name of the new folder').fill('Made in passing');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog.getByText('There are no folders in here.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Copy here' }).click();
  await expect(app.getByText('Copied “still (2).png”')).toBeVisible();
  await item(app, 'Made in passing').click();
  await expect(item(app, /still \(2\)\.png/)).toBeVisible();
});

test.describe('with a finger', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('resting on an item selects it, and taps go on', async ({ app, server, folder }) => {
    for (const name of ['One', 'Two', 'Three']) await server.makeFolderIn(folder.id, name);
    await expect(item(app, 'One')).toBeVisible();
    const box = await item(app, 'One').boundingBox();
    if (!box) throw new Error('the item is not drawn');
    const touch = await app.context().newCDPSession(app);
    const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
    await expect(bar(app).getByRole('status')).toHaveText('1 selected');
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await item(app, 'Two').tap();
    await expect(bar(app).getByRole('status')).toHaveText('2 selected');
    expect(await app.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    // Files alone can be downloaded as well: then the bar is at its longest.
    await server.upload(folder.id, 'notes.txt', 'x');
    for (const name of [/^One/, /notes/, /^Two/]) await item(app, name).tap();
    await expect(bar(app).getByRole('button', { name: 'Download' })).toBeVisible();
    expect(await bar(app).evaluate((shown) => shown.scrollWidth - shown.clientWidth)).toBeLessThanOrEqual(0);
    for (const name of [/^One/, /^Two/, /notes/]) await item(app, name).tap();
    await expect(bar(app).getByRole('status')).toHaveText('2 selected');
    await bar(app).getByRole('button', { name: 'Move to bin' }).tap();
    await expect(app.getByText('Moved to the bin: 2 items')).toBeVisible();
    await expect(item(app, 'Two')).toHaveCount(0);
    expect((await server.children(folder.id)).map(({ displayName }) => displayName)).toEqual(['Three', 'notes.txt']);
  });
});
