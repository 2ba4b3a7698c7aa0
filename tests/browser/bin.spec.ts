import type { Page } from '@playwright/test';
import { expect, serverUrl, test } from './support/app';

const bin = (app: Page) => app.getByRole('list', { name: 'What is in the bin' });
const entry = (app: Page, name: string) => bin(app).getByRole('listitem').filter({ hasText: name });

async function act(app: Page, name: string, action: string) {
  await entry(app, name)
    .getByRole('button', { name: `Actions for ${name}` })
    .click();
  await app.getByRole('menuitem', { name: action }).click();
}

test('what is in the bin goes back, beside what took its name, or for good', async ({ app, server, folder }) => {
  const names = async () => (await server.children(folder.id)).map(({ displayName }) => displayName);
  for (const name of ['Kept', 'Twin', 'Gone']) {
    const made = await server.makeFolderIn(folder.id, `${name} ${folder.id.slice(-6)}`);
    await server.send('DELETE', `/admin/asset/${made.id}`);
  }
  const named = (name: string) => `${name} ${folder.id.slice(-6)}`;
  await server.makeFolderIn(folder.id, named('Twin'));
  await app.getByRole('link', { name: 'Bin' }).click();

  await act(app, named('Kept'), 'Restore');
  await expect(entry(app, named('Kept'))).toHaveCount(0);
  await expect.poll(names).toEqual([named('Kept'), named('Twin')]);

  await act(app, named('Twin'), 'Restore');
  const dialog = app.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('already something named');
  await dialog.getByRole('button', { name: 'Keep both' }).click();
  await expect(entry(app, named('Twin'))).toHaveCount(0);
  await expect.poll(names).toEqual([named('Kept'), named('Twin'), `${named('Twin')} (2)`]);

  await act(app, named('Gone'), 'Delete for good');
  await app.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await expect(app.getByText(`Deleted “${named('Gone')}”`)).toBeVisible();
  await expect(entry(app, named('Gone'))).toHaveCount(0);
});

test('the bin follows what others do, and is emptied', async ({ app, server, folder, context }) => {
  const made = await server.makeFolderIn(folder.id, 'Put there meanwhile');
  const other = await context.newPage();
  await other.goto(`${serverUrl()}/app/bin`);
  await expect(other.getByRole('heading', { name: 'Bin', exact: true })).toBeVisible();
  await app.getByRole('link', { name: 'Put there meanwhile' }).focus();
  await app.keyboard.press('Delete');
  await expect(entry(other, 'Put there meanwhile')).toBeVisible();
  await other.getByRole('button', { name: 'Empty the bin' }).click();
  await other.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await expect(other.getByText('The bin is empty')).toBeVisible();
  const left = async () => (await server.get<{ items: { id: string }[] }>('/admin/asset/deleted')).items.length;
  await expect.poll(left).toBe(0);
  expect(made.id).not.toBe('');
});
