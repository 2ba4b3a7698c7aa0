import { chooseFiles, expect, test, uploads } from './support/app';
import { picture } from './support/media';

test('a file is described, its own fields are checked, and the history tells', async ({ app, server }) => {
  const mark = String(Date.now() % 1e6);
  const defined = [
    { name: `scene${mark}`, label: `Scene ${mark}`, type: 'text' },
    { name: `take${mark}`, label: `Take ${mark}`, type: 'number' },
    { name: `kind${mark}`, label: `Shot ${mark}`, type: 'choice', choices: ['Close-up', 'Wide'] },
  ];
  const ids = [];
  for (const field of defined) ids.push((await server.send<{ id: string }>('POST', '/admin/field', field)).id);

  await chooseFiles(app, picture());
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({ timeout: 60_000 });
  await uploads(app).getByRole('link', { name: 'still.png' }).click();
  await app.getByRole('button', { name: 'Close the uploads' }).click();
  await app.getByRole('button', { name: 'Add a description, tags…' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByLabel('Description').fill('Low tide, seen from the pier.');
  await dialog.getByLabel('Tags').fill(`tide-${mark}`);
  await dialog.getByLabel('Tags').press('Enter');
  await dialog.getByLabel('Language').fill('not a language!');
  await dialog.getByLabel(`Take ${mark}`).fill('4');
  await dialog.getByRole('textbox', { name: `Shot ${mark}` }).click();
  await app.getByRole('option', { name: 'Wide' }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByLabel('Language')).toBeFocused();
  await expect(dialog.getByText(/^Must be a language tag/)).toBeVisible();
  await expect(dialog.getByRole('alert')).toHaveCount(0);
  await dialog.getByLabel('Language').fill('en-GB');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);

  await expect(app.getByText('Low tide, seen from the pier.')).toBeVisible();
  await expect(app.getByRole('list', { name: 'Tags' })).toHaveText(`tide-${mark}`);
  await expect(app.getByText('Wide', { exact: true })).toBeVisible();
  const id = app.url().split('/').pop();
  const asset = await server.get<{ customFields: object; languageCode: string }>(`/asset/${id}`);
  expect(asset.customFields).toEqual({ [`take${mark}`]: 4, [`kind${mark}`]: 'Wide' });
  expect(asset.languageCode).toBe('en-GB');

  await app.getByRole('tab', { name: 'History' }).click();
  await expect(
    app
      .getByRole('tabpanel')
      .getByText(/^admin · /)
      .first(),
  ).toBeVisible();
  await app.getByRole('tab', { name: 'Access' }).click();
  await expect(app.getByText('admin may manage it')).toBeVisible();

  await app.getByRole('button', { name: 'More actions' }).click();
  await app.getByRole('menuitem', { name: 'Move to bin' }).click();
  await expect(app.getByText('Drop files here')).toBeVisible();
  for (const field of ids) await server.send('DELETE', `/admin/field/${field}`);
});

test('tags and collections gather files from anywhere', async ({ app, server, folder }) => {
  const mark = folder.id.slice(-6);
  for (const name of ['One', 'Two', 'Three']) await server.makeFolderIn(folder.id, name);
  const item = (name: string) => app.getByRole('list', { name: /Contents/ }).getByRole('link', { name, exact: true });
  const bar = app.getByRole('toolbar', { name: 'Selection' });
  const dialog = app.getByRole('dialog');
  await item('One').click({ modifiers: ['Control'] });
  await item('Two').click();
  await bar.getByRole('button', { name: 'Tags…' }).click();
  await dialog.getByLabel('Add tags').fill(`harbour-${mark}`);
  await dialog.getByLabel('Add tags').press('Enter');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(app.getByText('Tagged 2 items')).toBeVisible();
  await bar.getByRole('button', { name: 'More actions with the selection' }).click();
  await app.getByRole('menuitem', { name: 'Add to collection…' }).click();
  await dialog.getByLabel('Collection').fill(`Best of ${mark}`);
  await dialog.getByRole('button', { name: 'Make and add' }).click();
  await expect(app.getByText('Collected 2 items')).toBeVisible();

  await app.getByRole('link', { name: 'Collections' }).click();
  await app.getByRole('link', { name: new RegExp(`Best of ${mark}`) }).click();
  const held = app.getByRole('list', { name: 'What the collection holds' });
  await expect(held.getByRole('link', { name: 'One' })).toBeVisible();
  await held.getByRole('link', { name: 'Two' }).hover();
  await held.getByRole('button', { name: 'Actions for Two' }).click();
  await app.getByRole('menuitem', { name: 'Take out' }).click();
  await expect(held.getByRole('link', { name: 'Two' })).toHaveCount(0);
  await app.getByRole('button', { name: 'Actions for the collection' }).click();
  await app.getByRole('menuitem', { name: 'Edit' }).click();
  await dialog.getByLabel('Name').fill(`The best of ${mark}`);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(app.getByRole('heading', { name: `The best of ${mark}` })).toBeVisible();

  await app.getByRole('link', { name: 'Tags', exact: true }).click();
  await app.getByLabel('Filter tags').fill(`harbour-${mark}`);
  await expect(app.getByRole('link', { name: `harbour-${mark} 2` })).toBeVisible();
});

test('a former content is brought back', async ({ app, server, folder }) => {
  const first = await server.upload(folder.id, 'notes.txt', 'first');
  await server.upload(folder.id, 'notes.txt', 'second', first);
  await app.goto(app.url().replace(/folder\/.*/, `asset/${first}`));
  await app.getByRole('tab', { name: /Versions/ }).click();
  await app.getByRole('button', { name: 'Bring back version 1' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Bring back' }).click();
  await expect(app.getByText('Version 3', { exact: true })).toBeVisible();
  const asset = await server.get<{ downloadUrl: string; version: number }>(`/asset/${first}`);
  expect(asset.version).toBe(3);
  expect(await server.text(asset.downloadUrl)).toBe('first');
});
