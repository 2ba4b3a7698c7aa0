import { expect, test } from './support/app';

test('what is typed is found, narrowed down and kept in the address', async ({ app, server, folder }) => {
  const mark = folder.id.slice(-6);
  const inner = await server.makeFolderIn(folder.id, `Pier ${mark}`);
  const tagged = await server.upload(inner.id, `low tide ${mark}.txt`, 'one');
  await server.upload(folder.id, `high tide ${mark}.txt`, 'two');
  await server.send('PATCH', `/asset/${tagged}`, { tags: [`sea-${mark}`], description: 'Seen from the lighthouse.' });

  await app.keyboard.press('/');
  await app.getByRole('searchbox', { name: 'Search' }).fill(`tide ${mark}`);
  await app.keyboard.press('Enter');
  const found = app.getByRole('list', { name: 'What was found' });
  await expect(found.getByRole('link')).toHaveCount(2);
  await app.getByRole('checkbox', { name: new RegExp(`sea-${mark}`) }).check();
  await expect(found.getByRole('link')).toHaveCount(1);
  await app.reload();
  await expect(found.getByRole('link', { name: `low tide ${mark}.txt` })).toBeVisible();
  await app.goBack();
  await expect(found.getByRole('link')).toHaveCount(2);

  await app.goto(app.url().replace(/search\?.*/, `folder/${inner.id}`));
  await app.getByRole('searchbox', { name: 'Search' }).fill('tide');
  await app.getByRole('option', { name: `“tide” in Pier ${mark}` }).click();
  await expect(found.getByRole('link')).toHaveCount(1);
  await app.getByRole('button', { name: /Search everywhere/ }).click();
  await expect(found.getByRole('link', { name: `high tide ${mark}.txt` })).toBeVisible();
});
