import { chooseFiles, expect, serverUrl, test, uploads } from './support/app';
import { picture } from './support/media';

test('what was searched for stands in the box while it is shown, and no longer', async ({ app, server, folder }) => {
  const mark = folder.id.slice(-6);
  await server.upload(folder.id, `tide ${mark}.txt`, 'one');
  const box = app.getByRole('searchbox', { name: 'Search' }).first();
  await box.fill(`tide ${mark}`);
  await box.press('Enter');
  await app.getByRole('list', { name: 'What was found' }).getByRole('link').click();
  await expect(app.getByRole('heading', { level: 1, name: `tide ${mark}.txt` })).toBeVisible();
  await expect(box).toHaveValue('');
  await app.goBack();
  await expect(box).toHaveValue(`tide ${mark}`);
  await app.getByRole('link', { name: 'Tags' }).click();
  await expect(box).toHaveValue('');
});

for (const [width, height] of [
  [1280, 800],
  [390, 844],
] as const) {
  test(`a note lies over nothing that one could press (${width})`, async ({ app, server, folder }) => {
    await app.setViewportSize({ width, height });
    const asset = await server.upload(folder.id, 'notes.txt', 'text');
    await app.getByRole('button', { name: 'Actions for notes.txt' }).click({ force: true });
    await app.getByRole('menuitem', { name: 'Move to bin' }).click();
    const note = app.getByRole('alert').filter({ hasText: 'Moved to the bin' });
    await expect(note).toBeVisible();
    const covered = () =>
      app.evaluate(() => {
        const note = document.querySelector('[role="alert"]');
        return Array.from(document.querySelectorAll<HTMLElement>('a, button, input'))
          .filter((control) => !note?.contains(control) && control.checkVisibility())
          .filter((control) => {
            const { left, top, width, height } = control.getBoundingClientRect();
            const there = document.elementFromPoint(left + width / 2, top + height / 2);
            return note?.contains(there);
          })
          .map((control) => control.textContent || control.getAttribute('aria-label'));
      });
    await expect.poll(covered).toEqual([]);
    await note.getByRole('button', { name: 'Undo' }).click();
    await expect(app.getByRole('link', { name: /notes\.txt/ })).toBeVisible();
    expect((await server.children(folder.id)).map(({ id }) => id)).toEqual([asset]);
  });
}

test('the way back to the root is seen beside the tools of a folder', async ({ app, server, folder }) => {
  const inner = await server.makeFolderIn(folder.id, 'Day 1');
  await app.goto(`${serverUrl()}/app/folder/${inner.id}`);
  const path = app.getByRole('navigation', { name: 'Breadcrumbs' });
  await expect(path.getByRole('link')).toHaveCount(2);
  for (const link of await path.getByRole('link').all()) {
    await expect(link).toBeVisible();
    expect((await link.boundingBox())?.width, await link.innerText()).toBeGreaterThan(40);
  }
  await path.getByRole('link').first().click();
  await expect(app.getByRole('link', { name: folder.name })).toBeVisible();
});

test('a picture that was replaced after it was listed is asked for anew, and never a broken one', async ({
  app,
  server,
  folder,
}) => {
  await chooseFiles(app, picture());
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({ timeout: 60_000 });
  const [asset] = await server.children(folder.id);
  const { thumbnailUrl } = await server.get<{ thumbnailUrl: string }>(`/asset/${asset?.id}`);
  const broken = () =>
    app
      .locator('img')
      .evaluateAll((images: HTMLImageElement[]) =>
        images.filter((image) => image.complete && image.naturalWidth === 0).map((image) => image.src),
      );
  const card = app.getByRole('link', { name: /still\.png/ }).last();

  // The list has an address that is not good any more; the asset knows a better one.
  await app.route('**/children?*', async (route) => {
    const answer = await route.fetch();
    const text = (await answer.text()).replaceAll(thumbnailUrl, thumbnailUrl.replace(/[^/]+$/, 'gone.jpg'));
    await route.fulfill({ response: answer, body: text });
  });
  await app.reload();
  await expect
    .poll(() => card.locator('img').evaluate((image: HTMLImageElement) => new URL(image.src).pathname))
    .toBe(thumbnailUrl);
  expect(await broken()).toEqual([]);

  // And nor does the asset: then its kind is shown.
  await app.route('**/media/**', (route) => route.fulfill({ status: 404 }));
  await app.reload();
  await expect(card).toBeVisible();
  await expect(card.locator('img')).toHaveCount(0);
  await card.click();
  await expect(app.getByText('This picture could not be shown.')).toBeVisible();
  expect(await broken()).toEqual([]);
});

test('a name as long as can be leaves room for all else', async ({ app, server, folder }) => {
  const name = 'W'.repeat(251);
  await server.upload(folder.id, `${name}.txt`, 'text');
  for (const width of [1280, 390]) {
    await app.setViewportSize({ width, height: 800 });
    await expect(app.getByRole('link', { name: new RegExp(name) })).toBeVisible();
    expect(await app.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await app.getByRole('button', { name: `Actions for ${name}.txt` }).click({ force: true });
    await app.getByRole('menuitem', { name: 'Move to…' }).click();
    const dialog = app.getByRole('dialog');
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeInViewport({ ratio: 1 });
    expect((await dialog.getByRole('heading').first().boundingBox())?.height).toBeLessThan(60);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toHaveCount(0);
  }
});

test('all of a folder is selected, however many pages it has', async ({ app, server, folder }) => {
  const names = Array.from({ length: 400 }, (_, n) => `Clip ${String(n).padStart(3, '0')}.mov`);
  for (let from = 0; from < names.length; from += 40)
    await Promise.all(
      names
        .slice(from, from + 40)
        .map((displayName) => server.send('POST', `/admin/asset/${folder.id}/create-placeholder`, { displayName })),
    );
  await app.reload();
  await app.getByRole('link', { name: /Clip 000/ }).focus();
  await app.keyboard.press('Control+a');
  await expect(app.getByText('400 selected')).toBeVisible();
  await app.keyboard.press('End');
  await expect(app.getByRole('link', { name: /Clip 399/ })).toBeFocused();
  await app.getByRole('toolbar', { name: 'Selection' }).getByRole('button', { name: 'Move to bin' }).click();
  await expect(app.getByText('Drop files here')).toBeVisible({ timeout: 30_000 });
  expect(await server.children(folder.id)).toEqual([]);
});

test('the page is dark when the system is, until one chooses', async ({ app }) => {
  const scheme = () => app.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  await app.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(scheme).toBe('dark');
  await app.emulateMedia({ colorScheme: 'light' });
  await expect.poll(scheme).toBe('light');
  await app.getByRole('button', { name: /Account of/ }).click();
  const choice = app.getByRole('menu').locator('label', { hasText: 'Dark' });
  await choice.click();
  await expect.poll(scheme).toBe('dark');
  // What is chosen is marked where it stands.
  const mark = app.getByRole('menu').locator('.mantine-SegmentedControl-indicator');
  const off = async () => {
    const [marked, chosen] = [await mark.boundingBox(), await choice.boundingBox()];
    return Math.max(Math.abs((marked?.y ?? 0) - (chosen?.y ?? 99)), Math.abs((marked?.x ?? 0) - (chosen?.x ?? 99)));
  };
  await expect.poll(off).toBeLessThan(2);
  await app.reload();
  await expect.poll(scheme).toBe('dark');
});
