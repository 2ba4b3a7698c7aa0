import type { Page } from '@playwright/test';
import { adminPassword, expect, serverUrl, test, uploads } from './support/app';
import { film } from './support/media';

/** What has the focus: its name, and whether one sees that it has. */
function focused(page: Page) {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const style = getComputedStyle(element);
    // A text field says it by its border and its caret; a choice by the sign beside its input.
    const text = element.matches('input:not([type="radio"], [type="checkbox"])');
    const shown = element.matches('input[type="radio"]') ? (element.nextElementSibling as HTMLElement) : element;
    return {
      name: element.getAttribute('aria-label') ?? element.textContent ?? '',
      seen: text || style.outlineStyle !== 'none' || getComputedStyle(shown).outlineStyle !== 'none',
    };
  });
}

async function tabTo(page: Page, name: RegExp, most = 40): Promise<void> {
  for (let key = 0; key < most; key += 1) {
    await page.keyboard.press('Tab');
    const { name: found, seen } = await focused(page);
    expect(seen, `the focus on ${found} is seen`).toBe(true);
    if (name.test(found)) return;
  }
  throw new Error(`${name} was not reached`);
}

test('all of it can be done without a mouse', async ({ page, server, folder }) => {
  const inner = await server.makeFolderIn(folder.id, 'Day 1');
  await server.upload(inner.id, 'notes.txt', 'text');
  await server.upload(inner.id, 'plan.txt', 'text');

  await page.goto(`${serverUrl()}/app/folder/${folder.id}`);
  await expect(page.getByLabel('User name')).toBeFocused();
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type(adminPassword());
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: folder.name })).toBeVisible();

  // Into a folder, where the focus is at the beginning of the page; and back, where it is on what was opened.
  await tabTo(page, /^Day 1$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Day 1' })).toBeVisible();
  await expect(page.getByRole('main')).toBeFocused();
  await page.goBack();
  await expect(page.getByRole('link', { name: 'Day 1' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Day 1' })).toBeVisible();

  await tabTo(page, /notes\.txt/);
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText(/ selected/)).toHaveCount(0);
  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menuitem', { name: 'Select', exact: true })).toBeVisible();
  for (let key = 0; key < 15; key += 1) {
    await page.keyboard.press('ArrowDown');
    if ((await focused(page)).name === 'Duplicate') break;
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: /plan \(2\)\.txt/ })).toBeVisible();

  await page.getByRole('main').focus();
  await tabTo(page, /^Upload$/);
  const choosing = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await choosing).setFiles(film());
  await expect(uploads(page).getByText(/^Ready/)).toBeVisible({ timeout: 90_000 });
  await page.getByRole('main').focus();
  await tabTo(page, /harbour\.mp4/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'harbour.mp4' })).toBeVisible();
  await tabTo(page, /^Play/);
  await page.keyboard.press('Enter');
  await expect
    .poll(() => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime), { timeout: 30_000 })
    .toBeGreaterThan(0.3);
});

test('who wants no motion is shown none', async ({ app, server, folder }) => {
  await app.emulateMedia({ reducedMotion: 'reduce' });
  await server.upload(folder.id, 'notes.txt', 'text');
  await app.getByRole('button', { name: 'Actions for notes.txt' }).click({ force: true });
  await expect(app.getByRole('menuitem', { name: 'Move to bin' })).toBeVisible();
  const moving = await app.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => Number(animation.effect?.getComputedTiming().duration ?? 0) > 50)
      .map((animation) => (animation.effect as KeyframeEffect).target?.className),
  );
  expect(moving).toEqual([]);
});
