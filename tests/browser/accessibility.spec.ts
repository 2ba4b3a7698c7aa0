import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { chooseFiles, expect, serverUrl, test, uploads } from './support/app';
import { film } from './support/media';

const axe = readFileSync(join(resolve(__dirname, '../../web'), 'node_modules/axe-core/axe.min.js'), 'utf8');

/** What axe-core finds against WCAG 2.1 AA and good practice, in a line each. */
async function faultsOf(page: Page): Promise<string[]> {
  // Moving colours have no contrast yet.
  await page.waitForTimeout(400);
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Result {
      violations: { id: string; nodes: { target: unknown[] }[] }[];
    }
    const { axe: checker } = window as unknown as { axe: { run: (options: object) => Promise<Result> } };
    const result = await checker.run({
      runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] },
    });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
  });
}

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test(`nothing keeps anybody from using the pages (${colorScheme})`, async ({ app }) => {
      expect(await faultsOf(app)).toEqual([]);
      await app.getByRole('button', { name: 'New folder' }).first().click();
      await expect(app.getByRole('dialog')).toBeVisible();
      expect(await faultsOf(app)).toEqual([]);
      await app.getByLabel('Name', { exact: true }).fill('Dailies');
      await app.getByRole('button', { name: 'Create' }).click();

      await chooseFiles(app, film());
      await expect(uploads(app).getByText(/^Ready/)).toBeVisible({ timeout: 90_000 });
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
  });
}

test('the sign-in page is usable by everybody', async ({ page }) => {
  await page.goto(`${serverUrl()}/app/sign-in`);
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(await faultsOf(page)).toEqual([]);
});
