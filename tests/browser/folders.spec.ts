import type { Page } from '@playwright/test';
import { expect, test } from './support/app';

async function createFolder(app: Page, name: string) {
  await app.getByRole('button', { name: 'New folder' }).first().click();
  await app.getByLabel('Name', { exact: true }).fill(name);
  await app.getByRole('button', { name: 'Create' }).click();
}

test('folders are made, opened, renamed and moved to the bin', async ({ app, server, folder }) => {
  await createFolder(app, 'Dailies');
  await app.getByRole('link', { name: 'Dailies' }).click();
  await expect(app.getByRole('heading', { level: 1, name: 'Dailies' })).toBeVisible();
  await expect(app.getByText('Drop files here')).toBeVisible();
  await app.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: folder.name }).click();

  const entry = app.getByRole('link', { name: 'Dailies' });
  await entry.focus();
  await app.keyboard.press('F2');
  await app.getByLabel('Name', { exact: true }).fill('Rushes, day 1');
  await app.getByRole('button', { name: 'Rename' }).click();
  await expect(app.getByRole('link', { name: 'Rushes, day 1' })).toBeVisible();
  expect((await server.children(folder.id)).map((child) => child.displayName)).toEqual(['Rushes, day 1']);

  await expect(app.getByRole('dialog')).toHaveCount(0);
  await app.getByRole('button', { name: 'Actions for Rushes, day 1' }).click();
  await app.getByRole('menuitem', { name: 'Move to bin' }).click();
  await expect(app.getByText('Drop files here')).toBeVisible();
  expect(await server.children(folder.id)).toEqual([]);
});

test('a name that is taken is a question', async ({ app, server, folder }) => {
  await createFolder(app, 'Music');
  await expect(app.getByRole('link', { name: 'Music' })).toBeVisible();
  await createFolder(app, 'Music');
  await expect(app.getByRole('dialog').getByRole('alert')).toBeVisible();
  await app.getByRole('button', { name: 'Keep both' }).click();
  await expect(app.getByRole('link', { name: 'Music (2)' })).toBeVisible();
  expect((await server.children(folder.id)).map((child) => child.displayName)).toEqual(['Music', 'Music (2)']);
});

test('another page sees what is made here', async ({ app, context, folder }) => {
  const other = await context.newPage();
  await other.goto(app.url());
  await expect(other.getByText('Drop files here')).toBeVisible();
  await createFolder(app, 'Made elsewhere');
  await expect(other.getByRole('link', { name: 'Made elsewhere' })).toBeVisible();
  expect(folder.name).not.toBe('');
});

test('the view and the order are kept, and names can be filtered', async ({ app }) => {
  for (const name of ['Alpha', 'Beta', 'Gamma']) {
    await createFolder(app, name);
    await expect(app.getByRole('link', { name })).toBeVisible();
  }
  await app.getByRole('button', { name: /^Sort/ }).click();
  await app.getByRole('menuitem', { name: 'Ascending' }).click();
  await app.keyboard.press('Escape');
  await expect(
    app
      .getByRole('list', { name: /Contents/ })
      .getByRole('link')
      .first(),
  ).toHaveText('Gamma');
  await app.getByText('List', { exact: true }).click({ force: true });
  await app.reload();
  await expect(app.getByText('Added', { exact: true })).toBeVisible();
  await expect(
    app
      .getByRole('list', { name: /Contents/ })
      .getByRole('link')
      .first(),
  ).toHaveText('Gamma');

  await app.getByLabel('Filter by name').fill('bet');
  await expect(app.getByRole('link', { name: 'Alpha' })).toHaveCount(0);
  await expect(app.getByRole('link', { name: 'Beta' })).toBeVisible();
  await app.getByLabel('Filter by name').fill('nothing of the kind');
  await expect(app.getByText('Nothing of that name')).toBeVisible();
});

test('going back leads to where one was in a long folder', async ({ app, server, folder }) => {
  for (let n = 0; n < 60; n += 1) await server.makeFolderIn(folder.id, `Reel ${String(n).padStart(2, '0')}`);
  const last = app.getByRole('link', { name: 'Reel 59' });
  await expect(app.getByText('60 folders')).toBeVisible();
  await app.getByRole('link', { name: 'Reel 00' }).focus();
  await app.keyboard.press('End');
  await expect(last).toBeInViewport();
  await last.click();
  await expect(app.getByRole('heading', { level: 1, name: 'Reel 59' })).toBeVisible();
  await app.goBack();
  await expect(last).toBeInViewport();
  await app.getByRole('link', { name: 'Bin' }).click();
  await app.goBack();
  await expect(last).toBeInViewport();
});

test('a dialog of a menu has the focus at once, and gives it back', async ({ app, server, folder }) => {
  await server.makeFolderIn(folder.id, 'Old name');
  const menu = app.getByRole('button', { name: /^Actions for/ });
  await menu.click();
  await app.getByRole('menuitem', { name: 'Rename' }).click();
  const name = app.getByRole('dialog').getByLabel('Name');
  await expect(name).toBeFocused();
  // Longer than a menu takes to give the focus back to its button.
  await app.waitForTimeout(200);
  await expect(name).toBeFocused();
  await app.keyboard.type('New name');
  await app.keyboard.press('Escape');
  await expect(app.getByRole('dialog')).toHaveCount(0);
  await expect(menu).toBeFocused();

  await menu.click();
  await app.getByRole('menuitem', { name: 'Rename' }).click();
  await expect(name).toBeFocused();
  await app.waitForTimeout(200);
  await app.keyboard.type('New name');
  await app.keyboard.press('Enter');
  await expect(app.getByRole('link', { name: 'New name' })).toBeVisible();
});
