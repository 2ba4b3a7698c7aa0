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

test('who manages a folder lets others in without being an administrator', async ({ server, folder, browser }) => {
  const mark = folder.id.slice(-6);
  const inside = await server.makeFolderIn(folder.id, 'Managed');
  const make = (name: string, displayName: string) =>
    server.send<{ id: string }>('POST', '/admin/user', {
      username: `${name}-${mark}`,
      displayName: `${displayName} ${mark}`,
      password: 'a good long password',
      role: 'editor',
    });
  const manager = await make('mona', 'Mona Manager');
  const guest = await make('gus', 'Gus Guest');
  const grant = (userId: string, assetId: string, permission: string) =>
    server.send('POST', '/admin/grant', { userId, assetId, permission });
  await grant(manager.id, inside.id, 'manage');
  await server.upload(inside.id, 'notes.txt', 'words');

  const context = await browser.newContext();
  const page = await context.newPage();
  const dialog = page.getByRole('dialog');
  await signInAs(page, `mona-${mark}`, 'a good long password', `/folder/${inside.id}`);
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(dialog.getByText(`Mona Manager ${mark}`)).toBeVisible();
  const who = dialog.getByRole('textbox', { name: 'Who' });
  await who.fill('Gu');
  await expect(page.getByText('Type a whole name, or at least 3 letters of it')).toBeVisible();
  await who.fill('gus');
  await page.getByRole('option', { name: `Gus Guest ${mark}` }).click();
  const what = dialog.getByRole('textbox', { name: `What Gus Guest ${mark} may do` });
  await expect(what).toHaveValue('may see');
  await what.click();
  await page.getByRole('option', { name: 'may change' }).last().click();
  await expect(what).toHaveValue('may change');
  await dialog.getByRole('button', { name: 'Close' }).click();

  // The same is seen from a file in it, with what was granted further up, and can be taken back there.
  await grant(guest.id, folder.id, 'read');
  await page.getByRole('link', { name: 'notes.txt' }).click();
  await page.getByRole('tab', { name: 'Access' }).click();
  const panel = page.getByRole('tabpanel');
  await expect(panel.getByRole('heading', { name: 'Who has access' })).toBeVisible();
  await expect(panel.getByText('on a folder above that you may not see')).toBeVisible();
  const back = panel.getByRole('button', { name: `Take back from Gus Guest ${mark}` });
  await expect(back).toHaveCount(1);
  await panel.getByRole('textbox', { name: 'Who may what' }).fill(`gus-${mark}`);
  await page.getByRole('option', { name: `Gus Guest ${mark}` }).click();
  await expect(panel.getByText(`gus-${mark} may change it`)).toBeVisible();
  await back.click();
  await expect(back).toHaveCount(0);
  await expect(panel.getByText(`gus-${mark} may see it`)).toBeVisible();
  await panel.getByRole('button', { name: 'Share “Managed”' }).click();
  await expect(dialog.getByText('Granted on a folder above, and so here too')).toBeVisible();
  // Shutting oneself out is asked about.
  await dialog.getByRole('button', { name: `Take back from Mona Manager ${mark}` }).click();
  const asked = page.getByRole('dialog', { name: 'Take back your own access' });
  await asked.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog.getByRole('button', { name: `Take back from Mona Manager ${mark}` })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await context.close();

  // One who may only look is not asked.
  const other = await browser.newContext();
  const theirs = await other.newPage();
  await signInAs(theirs, `gus-${mark}`, 'a good long password', `/folder/${inside.id}`);
  await expect(theirs.getByRole('heading', { level: 1, name: 'Managed' })).toBeVisible();
  await expect(theirs.getByRole('button', { name: 'Share' })).toHaveCount(0);
  await other.close();
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
