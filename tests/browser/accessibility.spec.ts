import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { chooseFiles, expect, serverUrl, test, uploads } from './support/app';
import { film } from './support/media';

const axe = readFileSync(join(resolve(__dirname, '../../web'), 'node_modules/axe-core/axe.min.js'), 'utf8');

/** What axe-core finds against WCAG 2.1 AA and good practice, in a line each: all of it in the dark theme, and in the
 *  light one what colours can make different. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const dark = await faultsIn(page, 'dark', {
    type: 'tag',
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
  });
  const light = await faultsIn(page, 'light', {
    type: 'rule',
    values: ['color-contrast'],
  });
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...dark, ...light];
}

async function faultsIn(page: Page, colorScheme: 'dark' | 'light', runOnly: object): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
  // Moving colours have no contrast yet.
  await page.waitForTimeout(400);
  const found = await page.evaluate(async (rules) => {
    interface Result {
      violations: { id: string; nodes: { target: unknown[] }[] }[];
    }
    const { axe: checker } = window as unknown as {
      axe: { run: (options: object) => Promise<Result> };
    };
    const result = await checker.run({ runOnly: rules });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  }, runOnly);
  return found.map((fault) => `${colorScheme}: ${fault}`);
}

test('nothing keeps anybody from using the pages', async ({ app }) => {
  expect(await faultsOf(app)).toEqual([]);
  await app.getByRole('button', { name: 'New folder' }).first().click();
  await expect(app.getByRole('dialog')).toBeVisible();
  expect(await faultsOf(app)).toEqual([]);
  await app.getByLabel('Name', { exact: true }).fill('Dailies');
  await app.getByRole('button', { name: 'Create' }).click();

  await chooseFiles(app, film());
  await expect(uploads(app).getByText(/^Ready/)).toBeVisible({
    timeout: 90_000,
  });
  expect(await faultsOf(app)).toEqual([]);
  await app.getByText('List', { exact: true }).click({ force: true });
  expect(await faultsOf(app)).toEqual([]);

  await uploads(app).getByRole('link', { name: 'harbour.mp4' }).click();
  await app.getByRole('button', { name: 'Close the uploads' }).click();
  await expect(app.getByRole('slider', { name: 'Time line' })).toBeVisible();
  expect(await faultsOf(app)).toEqual([]);
  await app.getByRole('tab', { name: /Activity/ }).click();
  expect(await faultsOf(app)).toEqual([]);
});

const adminSections = ['users', 'groups', 'grants', 'api-keys', 'buckets', 'fields', 'webhooks', 'audit'];

test('bin, search, collections, tags and panels keep nobody out', async ({ app, server, folder }) => {
  const mark = `axe${folder.id.slice(-6)}`;
  const assetId = await server.upload(folder.id, `${mark}.txt`, 'one');
  await server.upload(folder.id, `${mark}.txt`, 'two', assetId);
  await server.send('PATCH', `/admin/asset/${assetId}`, {
    tags: [mark],
    description: 'To be found',
  });
  await server.send('POST', '/admin/asset/AddCollection', {
    targetIds: [assetId],
    actionArguments: { collectionName: `Collection ${mark}` },
  });
  const gone = await server.makeFolderIn(folder.id, `Gone ${mark}`);
  await server.send('DELETE', `/admin/asset/${gone.id}`);

  const faults: Record<string, string[]> = {};
  const look = async (path: string, seen: string) => {
    await app.goto(`${serverUrl()}/app${path}`);
    await expect(app.getByText(seen).first()).toBeVisible();
    faults[path] = await faultsOf(app);
  };
  await look('/bin', `Gone ${mark}`);
  await look(`/search?q=${mark}`, `${mark}.txt`);
  await look('/collections', `Collection ${mark}`);
  await app.getByRole('link', { name: `Collection ${mark}` }).click();
  await expect(app.getByText(`${mark}.txt`).first()).toBeVisible();
  faults.collection = await faultsOf(app);
  await look('/tags', mark);
  await look(`/asset/${assetId}`, 'To be found');
  for (const name of [/Versions/, 'History', 'Access']) {
    await app.getByRole('tab', { name }).click();
    await expect(app.getByRole('tabpanel')).toContainText(/\S/);
    faults[String(name)] = await faultsOf(app);
  }
  await look(`/folder/${folder.id}`, `${mark}.txt`);
  await app.getByRole('button', { name: 'Share' }).click();
  await expect(app.getByText('Granted here')).toBeVisible();
  faults.share = await faultsOf(app);
  await look('/no-such-page', 'There is no such page');
  expect(Object.entries(faults).filter(([, found]) => found.length > 0)).toEqual([]);
});

test('administration keeps nobody out', async ({ app, server, folder }) => {
  const mark = folder.id.slice(-6);
  const user = await server.send<{ id: string }>('POST', '/admin/user', {
    username: `axe-${mark}`,
    password: 'a good long password',
    role: 'viewer',
  });
  await server.send('POST', '/admin/group', { name: `Axe ${mark}` });
  await server.send('POST', '/admin/grant', {
    assetId: folder.id,
    userId: user.id,
    permission: 'read',
  });
  await server.send('POST', '/admin/api-key', { name: `Axe ${mark}` });
  await server.send('POST', '/admin/field', {
    name: `axe${mark}`,
    type: 'text',
  });
  await server.send('POST', '/admin/webhook', {
    url: 'https://example.com/hook',
    enabled: false,
  });
  const faults: Record<string, string[]> = {};
  for (const section of adminSections) {
    await app.goto(`${serverUrl()}/app/admin/${section}`);
    await expect(app.getByRole('table')).toBeVisible();
    faults[section] = await faultsOf(app);
    const make = app.getByRole('button', { name: /^New / });
    if ((await make.count()) === 0) continue;
    await make.first().click();
    await expect(app.getByRole('dialog')).toBeVisible();
    faults[`${section}, form`] = await faultsOf(app);
  }
  expect(Object.entries(faults).filter(([, found]) => found.length > 0)).toEqual([]);
});

test('the sign-in page is usable by everybody', async ({ page }) => {
  await page.goto(`${serverUrl()}/app/sign-in`);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(await faultsOf(page)).toEqual([]);
});
