import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, ownServer, serverUrl, test } from './support/app';

const dialog = (app: Page) => app.getByRole('dialog');

interface Bucket {
  id: string;
  displayName: string;
}

test.beforeEach(() => test.skip(!ownServer(), 'Another server has no store named tape.'));

test('a bucket is made with a store that there is, limited, and given an archive', async ({ app, server, folder }) => {
  const name = `Vault ${folder.id.slice(-6)}`;
  await app.getByRole('link', { name: 'Administration' }).click();
  await app.getByRole('link', { name: 'Buckets' }).click();
  await app.getByRole('button', { name: 'New bucket' }).click();
  await dialog(app).getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog(app).getByRole('textbox', { name: 'Store', exact: true }).fill('nowhere');
  await dialog(app).getByRole('button', { name: 'Create' }).click();
  await expect(dialog(app).getByText('Is not a configured store')).toBeVisible();
  await dialog(app).getByRole('textbox', { name: 'Store', exact: true }).fill('local');
  await dialog(app).getByLabel('May hold (GB)').fill('2');
  await dialog(app).getByRole('button', { name: 'Create' }).click();
  const row = app.getByRole('row').filter({ hasText: name });
  await expect(row).toContainText('2 GB');
  await expect(row).toContainText('none');

  await app.getByRole('button', { name: `Actions for ${name}` }).click();
  await app.getByRole('menuitem', { name: 'Settings' }).click();
  await expect(dialog(app).getByLabel('May hold (GB)')).toHaveValue('2');
  await dialog(app).getByLabel('Archive store').fill('tape');
  await dialog(app).getByLabel('May hold (GB)').fill('');
  await dialog(app).getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('tape');
  await expect(row).toContainText('no limit');

  // With two of them there is something to choose at home.
  await app.goto(`${serverUrl()}/app/`);
  await app.getByRole('main').getByRole('link', { name }).click();
  await expect(app.getByRole('heading', { level: 1, name })).toBeVisible();
  const roots = await server.get<{ items: Bucket[] }>('/asset/roots');
  expect(roots.items.map(({ displayName }) => displayName)).toContain(name);
});

test('a file goes into the archive and comes back, and says where it is', async ({ app, server, folder }) => {
  const bucket = (await server.get<{ items: Bucket[] }>('/asset/roots')).items[0];
  await server.send('PATCH', `/admin/bucket/${bucket?.id}`, { archiveStore: 'tape' });
  const assetId = await server.upload(folder.id, 'old-cut.txt', 'the first cut');
  const item = app.getByRole('listitem').filter({ hasText: 'old-cut.txt' });
  await expect(item).toBeVisible();
  await app.getByRole('button', { name: 'Actions for old-cut.txt' }).click();
  await expect(app.getByRole('menuitem', { name: 'Restore from archive' })).toHaveCount(0);
  await app.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(item.getByText('Archived', { exact: true })).toBeVisible();
  await app.getByRole('button', { name: 'Actions for old-cut.txt' }).click();
  await expect(app.getByRole('menuitem', { name: 'Restore from archive' })).toBeVisible();
  await expect(app.getByRole('menuitem', { name: 'Download' })).toHaveCount(0);
  await app.keyboard.press('Escape');

  await item.getByRole('link').click();
  await expect(app.getByRole('heading', { level: 1, name: 'old-cut.txt' })).toBeVisible();
  await expect(app.getByText('In the archive')).toBeVisible();
  // What cannot be had now is not offered.
  await expect(app.getByRole('link', { name: /Download/ })).toHaveCount(0);
  await app.getByRole('button', { name: 'More actions' }).click();
  await app.getByRole('menuitem', { name: 'Restore from archive' }).click();
  await expect(app.getByRole('link', { name: 'Download', exact: true }).first()).toBeVisible();
  const { downloadUrl } = await server.get<{ downloadUrl: string }>(`/asset/${assetId}`);
  expect(await server.text(downloadUrl)).toBe('the first cut');
  await app.getByRole('tab', { name: 'History' }).click();
  await expect(app.getByRole('tabpanel')).toContainText('Archive');
  await expect(app.getByRole('tabpanel')).toContainText('Restore');
});

test('a version that was overwritten where it lies is told to be gone, and not offered', async ({
  app,
  server,
  folder,
}) => {
  const prefix = `taken-${folder.id.slice(-6)}`;
  const root = join(process.env.REELVAULT_TEST_TAPE ?? '', prefix);
  mkdirSync(root);
  await server.send('POST', '/admin/bucket', { name: prefix, store: 'tape', prefix });
  const register = async (content: string): Promise<string> => {
    writeFileSync(join(root, 'cut.txt'), content);
    const body = { bucketName: prefix, objectKey: 'cut.txt' };
    const { id } = await server.send<{ id: string }>('POST', '/admin/asset/register', body);
    const status = async () => (await server.get<{ assetStatusName: string }>(`/asset/${id}`)).assetStatusName;
    await expect.poll(status, { timeout: 60_000 }).toBe('Available');
    return id;
  };
  const assetId = await register('first');
  expect(await register('the second')).toBe(assetId);
  await app.goto(`${serverUrl()}/app/asset/${assetId}`);
  await app.getByRole('tab', { name: /Versions/ }).click();
  const panel = app.getByRole('tabpanel');
  await expect(panel.getByText('Its content is gone')).toHaveCount(1);
  await expect(panel.getByRole('link', { name: 'Download version 2' })).toBeVisible();
  await expect(panel.getByRole('link', { name: 'Download version 1' })).toHaveCount(0);
  await expect(panel.getByRole('button', { name: /Bring back/ })).toHaveCount(0);
});

test('the archive is offered only where there is one, and says why where it went meanwhile', async ({
  app,
  server,
  folder,
}) => {
  const made = await server.send<{ asset?: Bucket; id?: string }>('POST', '/admin/bucket', {
    name: `Without tier ${folder.id.slice(-6)}`,
    store: 'local',
  });
  const bucketId = made.asset?.id ?? made.id ?? '';
  const reels = await server.makeFolderIn(bucketId, 'Reels');
  await server.upload(reels.id, 'stays.txt', 'here');
  await app.goto(`${serverUrl()}/app/folder/${reels.id}`);
  const menu = app.getByRole('button', { name: 'Actions for stays.txt' });
  await menu.click();
  await expect(app.getByRole('menuitem', { name: 'Move to…' })).toBeVisible();
  await expect(app.getByRole('menuitem', { name: 'Archive' })).toHaveCount(0);

  await server.send('PATCH', `/admin/bucket/${bucketId}`, { archiveStore: 'tape' });
  await app.reload();
  await menu.click();
  await expect(app.getByRole('menuitem', { name: 'Archive' })).toBeVisible();
  await server.send('PATCH', `/admin/bucket/${bucketId}`, { archiveStore: null });
  await app.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(dialog(app)).toContainText('It could not be archived');
  await expect(dialog(app)).toContainText('stays.txt');
  await expect(dialog(app)).toContainText(/archive/i);
});
