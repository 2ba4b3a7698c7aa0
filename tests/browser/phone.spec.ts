import { chooseFiles, expect, test, uploads } from './support/app';
import { film } from './support/media';

test.use({
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
});

test('the whole path fits a phone', async ({ app, folder }) => {
  const fits = async () => {
    const width = await app.evaluate(() => document.documentElement.scrollWidth);
    expect(width, 'nothing sticks out to the right').toBeLessThanOrEqual(390);
  };
  await fits();
  await chooseFiles(app, film());
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({
    timeout: 90_000,
  });
  await fits();
  await uploads(app).getByRole('link', { name: 'harbour.mp4' }).tap();
  await app.getByRole('button', { name: 'Close the uploads' }).tap();
  await app.getByRole('button', { name: 'Play', exact: true }).first().tap();
  await expect
    .poll(() => app.locator('video').evaluate((element: HTMLVideoElement) => element.currentTime), { timeout: 30_000 })
    .toBeGreaterThan(0.3);
  await fits();

  await app.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: folder.name }).tap();
  await expect(app.getByRole('link', { name: /harbour\.mp4/ })).toBeVisible();
  await app.getByRole('button', { name: 'Open the menu' }).tap();
  await expect(app.getByRole('dialog').getByRole('navigation', { name: 'Library' })).toBeVisible();
});

test('a menu is seen whole wherever it was opened', async ({ app, server, folder }) => {
  for (const name of ['a.txt', 'b.txt', 'c.txt']) await server.upload(folder.id, name, 'text');
  await app.getByRole('button', { name: 'Actions for c.txt' }).tap();
  const seen = async (name: string) => {
    const box = await app.getByRole('menuitem', { name }).boundingBox();
    return box !== null && box.y >= 0 && box.y + box.height <= 844;
  };
  await expect.poll(() => seen('Select')).toBe(true);
  await expect.poll(() => seen('Move to bin')).toBe(true);
});

test('a note is seen beside an open dialog, and lies over none of its buttons', async ({ app, server, folder }) => {
  await server.upload(folder.id, 'a.txt', 'text');
  await app
    .getByRole('link', { name: /a\.txt/ })
    .first()
    .tap();
  await app.getByRole('button', { name: 'Share…' }).tap();
  const dialog = app.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Make a link' }).tap();
  await dialog.getByRole('button', { name: 'Copy', exact: true }).tap();
  const note = app.getByRole('alert').filter({ hasText: 'Link copied' });
  await expect(note).toBeVisible();
  const onTop = (element: Element) => {
    const box = element.getBoundingClientRect();
    const seen = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return seen !== null && element.contains(seen);
  };
  await expect.poll(() => note.evaluate(onTop)).toBe(true);
  for (const button of await dialog.locator('header').getByRole('button').all())
    expect(await button.evaluate(onTop)).toBe(true);
});
