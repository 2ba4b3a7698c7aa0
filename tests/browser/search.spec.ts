import { expect, serverUrl, test } from './support/app';

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

test('what is suggested while one types is found by Enter, and by choosing it', async ({ app, server, folder }) => {
  const mark = folder.id.slice(-6);
  const harbour = await server.upload(folder.id, `Harbour-${mark} -night.txt`, 'one');
  await server.send('PATCH', `/asset/${harbour}`, { tags: [`quay-${mark}`] });
  const box = app.getByRole('searchbox', { name: 'Search' });
  const found = app.getByRole('list', { name: 'What was found' }).getByRole('link');
  const option = (name: string) => app.getByRole('option', { name: new RegExp(name) });

  // In the middle of a word.
  const begun = `Harbour-${mark.slice(0, 3)}`;
  await box.fill(begun);
  await expect(option(`Harbour-${mark} -night`)).toBeVisible();
  await app.keyboard.press('Enter');
  await expect(found).toHaveCount(1);

  // A name with a sign in it that would mean something, chosen by keys and asked for once more.
  await box.first().fill(`Harbour-${mark}`);
  await expect(option(`Harbour-${mark} -night`)).toBeVisible();
  for (let key = 0; key < 5; key += 1) {
    await app.keyboard.press('ArrowDown');
    if (await app.locator('[role="option"][data-combobox-selected]').getByText('-night').count()) break;
  }
  await app.keyboard.press('Enter');
  await expect(found).toHaveCount(1);
  await box.first().press('Enter');
  await expect(found).toHaveCount(1);

  // A tag, whatever other filter is set; what was typed of it is gone.
  await app.goto(`${serverUrl()}/app/search?kind=video`);
  await box.last().fill(`quay-${mark.slice(0, 2)}`);
  await option(`quay-${mark}`).click();
  await expect(found).toHaveCount(1);
  await expect(box.last()).toHaveValue('');
});
