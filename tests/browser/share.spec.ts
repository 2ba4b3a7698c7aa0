import type { Page } from '@playwright/test';
import { chooseFiles, expect, test, uploads } from './support/app';
import { film, picture } from './support/media';

async function openUploaded(page: Page, path: string, name: string): Promise<void> {
  await chooseFiles(page, path);
  await expect(uploads(page).getByText(/^Ready/)).toBeVisible({ timeout: 90_000 });
  await uploads(page).getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

test('a link shows its film to whoever knows the password, until it is revoked', async ({ app, browser }) => {
  await openUploaded(app, film(), 'harbour.mp4');
  await app.getByRole('button', { name: 'Share…' }).click();
  const dialog = app.getByRole('dialog');
  await dialog.getByLabel('Password').fill('open sesame');
  await dialog.getByLabel('Message').fill('The harbour in the morning.');
  await dialog.getByLabel('The original may be downloaded').check();
  await dialog.getByRole('button', { name: 'Make a link' }).click();
  const link = await dialog.getByLabel('Link', { exact: true }).inputValue();
  expect(link).toContain('/app/share/');

  const stranger = await browser.newContext({ viewport: { width: 390, height: 780 } });
  const page = await stranger.newPage();
  await page.goto(link);
  await page.getByLabel('Password', { exact: true }).fill('open the door');
  await page.getByRole('button', { name: 'Open' }).click();
  await expect(page.getByText('That is not the password of this link.')).toBeVisible();
  await page.getByLabel('Password', { exact: true }).fill('open sesame');
  await page.getByRole('button', { name: 'Open' }).click();
  await expect(page.getByRole('heading', { name: 'harbour.mp4' })).toBeVisible();
  await expect(page.getByText('The harbour in the morning.')).toBeVisible();
  await page.getByRole('button', { name: 'Play', exact: true }).first().click();
  await expect
    .poll(() => page.locator('video').evaluate((element: HTMLVideoElement) => element.currentTime), { timeout: 30_000 })
    .toBeGreaterThan(0.5);
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download' }).click();
  expect((await download).suggestedFilename()).toBe('harbour.mp4');

  await app.keyboard.press('Escape');
  await app.getByRole('button', { name: 'Share…' }).click();
  await expect(dialog.getByText(/opened once/)).toBeVisible();
  await dialog.getByRole('button', { name: /^Revoke the link/ }).click();
  await expect(dialog.getByText('Revoked')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'This link is not valid' })).toBeVisible();
  await stranger.close();
});

test('a link to a picture opens without a password, on a wide screen, too', async ({ app, browser }) => {
  await openUploaded(app, picture(), 'still.png');
  await app.getByRole('button', { name: 'Share…' }).click();
  await app.getByRole('dialog').getByRole('button', { name: 'Make a link' }).click();
  const link = await app.getByRole('dialog').getByLabel('Link', { exact: true }).inputValue();
  const stranger = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await stranger.newPage();
  await page.goto(link);
  await expect
    .poll(() => page.locator('main img').evaluate((image: HTMLImageElement) => image.naturalWidth))
    .toBeGreaterThan(0);
  await expect(page.getByRole('button', { name: 'Download' })).toHaveCount(0);
  await stranger.close();
});
