import { expect, serverUrl, signInAs, test } from './support/app';

test('people and groups are let into a folder, and see that alone', async ({ app, server, folder, browser }) => {
  const mark = folder.id.slice(-6);
  const inside = await server.makeFolderIn(folder.id, 'Inside');
  await app.getByRole('link', { name: 'Administration' }).click();
  await app.getByRole('button', { name: 'New user' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByLabel('User name').fill(`vera-${mark}`);
  await dialog.getByLabel('Password', { exact: true }).fill('short');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog.getByText(/at least/i).first()).toBeVisible();
  await dialog.getByLabel('Password', { exact: true }).fill('a good long password');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(app.getByRole('cell', { name: `vera-${mark}`, exact: true })).toBeVisible();

  await app.getByRole('link', { name: 'Groups' }).click();
  await app.getByRole('button', { name: 'New group' }).click();
  await dialog.getByLabel('Name').fill(`Lookers ${mark}`);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await app.getByRole('button', { name: `Actions for Lookers ${mark}` }).click();
  await app.getByRole('menuitem', { name: 'Members' }).click();
  await dialog.getByRole('textbox', { name: 'Add a member' }).fill(`vera-${mark}`);
  await app.getByRole('option', { name: `vera-${mark}` }).click();
  await expect(dialog.getByRole('button', { name: `Take vera-${mark} out of the group` })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();

  await app.goto(`${serverUrl()}/app/folder/${folder.id}`);
  await app.getByRole('button', { name: 'Share' }).click();
  await dialog.getByRole('textbox', { name: 'Who' }).fill('Lookers');
  await app.getByRole('option', { name: `Lookers ${mark}` }).click();
  await expect(dialog.getByRole('textbox', { name: `What Lookers ${mark} may do` })).toHaveValue('may see');

  const context = await browser.newContext();
  const page = await context.newPage();
  await signInAs(page, `vera-${mark}`, 'a good long password');
  await expect(page.getByRole('heading', { level: 1, name: folder.name })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Inside' })).toBeVisible();
  for (const name of ['New folder', 'Upload', 'Share']) await expect(page.getByRole('button', { name })).toHaveCount(0);
  for (const name of ['Bin', 'Administration']) await expect(page.getByRole('link', { name })).toHaveCount(0);
  await page.getByRole('link', { name: 'Inside' }).hover();
  await page.getByRole('button', { name: 'Actions for Inside' }).click();
  await expect(page.getByRole('menuitem', { name: 'Copy link' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Move to bin' })).toHaveCount(0);
  expect(inside.id).not.toBe('');

  await dialog.getByRole('button', { name: `Take back from Lookers ${mark}` }).click();
  await expect(dialog.getByText('Nobody yet.')).toBeVisible();
  await page.goto(`${serverUrl()}/app/`);
  await expect(page.getByText('Nothing has been shared with you yet')).toBeVisible();
  await context.close();
});

test('a key is shown once and taken back', async ({ app }) => {
  await app.getByRole('button', { name: /Account of/ }).click();
  await app.getByRole('menuitem', { name: 'API keys' }).click();
  await app.getByRole('button', { name: 'New key' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Nightly import');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await expect(dialog.getByText(/^rv_/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await app.getByRole('button', { name: 'Actions for Nightly import' }).click();
  await app.getByRole('menuitem', { name: 'Delete' }).click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(app.getByRole('cell', { name: 'Nightly import' })).toHaveCount(0);
});
