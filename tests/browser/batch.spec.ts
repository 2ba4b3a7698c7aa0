import type { Page } from '@playwright/test';
import { expect, serverUrl, test, type Server } from './support/app';

interface Batch {
  results: { newId?: string }[];
}

/** 32 folders of 32 within `parentId`, by doubling: 1,056 in all. */
async function forest(server: Server, parentId: string): Promise<void> {
  const tree = await server.makeFolderIn(parentId, 'Tree');
  for (let n = 1; n <= 32; n += 1) await server.makeFolderIn(tree.id, `Leaf ${n}`);
  let all = [tree.id];
  while (all.length < 32) {
    const batch = await server.send<Batch>('POST', '/admin/asset/duplicate', { targetIds: all, actionArguments: {} });
    all = [...all, ...batch.results.map(({ newId }) => newId ?? '')];
  }
}

/** Sees to it that at each moment some batch of the kind that runs in the background has not ended. */
async function keepDuplicating(server: Server, id: string, enough: () => boolean): Promise<void> {
  while (!enough()) {
    const { items } = await server.get<{ items: { endedAt?: string | null }[] }>('/admin/batch');
    if (items.filter(({ endedAt }) => !endedAt).length < 4)
      await server.send('POST', '/admin/asset/duplicate', { targetIds: [id], actionArguments: {} });
  }
}

/** Keeps the names of all progress bars that are shown from now on, however shortly. */
async function watchBars(page: Page): Promise<() => Promise<string[]>> {
  const names = await page.evaluateHandle(() => {
    const seen: string[] = [];
    const look = (): void => {
      document.querySelectorAll('[role=progressbar]').forEach((bar) => {
        seen.push(bar.getAttribute('aria-label') ?? bar.parentElement?.getAttribute('aria-label') ?? '');
      });
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    return seen;
  });
  return () => names.jsonValue();
}

test('more than a thousand are worked on in the background, and it is told when they are done', async ({
  app,
  server,
  folder,
}) => {
  const wood = await server.makeFolderIn(folder.id, 'Wood');
  await forest(server, wood.id);
  const bars = await watchBars(app);
  await app.getByRole('button', { name: 'Actions for Wood' }).click();
  await app.getByRole('menuitem', { name: 'Duplicate' }).click();
  const work = app.getByRole('region', { name: 'Work in the background' });
  // A second or less, on a machine with nothing else to do.
  await expect.poll(bars, { timeout: 45_000 }).toContain('Duplicating “Wood”');
  // It goes on while one looks elsewhere.
  await app.getByRole('link', { name: 'Wood', exact: true }).click();
  await expect(app.getByRole('heading', { level: 1, name: 'Wood' })).toBeVisible();
  await expect(app.getByText('Duplicated “Wood”')).toBeVisible({ timeout: 60_000 });
  await expect(work).toHaveCount(0);
  await app.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: folder.name }).click();
  await app.getByRole('link', { name: 'Wood (2)' }).click();
  await expect(app.getByRole('listitem')).not.toHaveCount(0);
  const copy = (await server.children(folder.id)).find(({ displayName }) => displayName === 'Wood (2)');
  expect(await server.children(copy?.id ?? '')).toHaveLength(32);

  // A page that is loaded anew finds what goes on, though not what it is about.
  await app.goto(`${serverUrl()}/app/`);
  let seen = false;
  const busy = keepDuplicating(server, wood.id, () => seen);
  await app.reload();
  await expect(work.getByRole('progressbar', { name: 'Duplicating 1 item' }).first()).toBeVisible();
  seen = true;
  await busy;
  await expect(app.getByText('Duplicated 1 item').first()).toBeVisible({ timeout: 60_000 });
  await expect(work).toHaveCount(0, { timeout: 60_000 });
  await app.reload();
  await expect(app.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(work).toHaveCount(0);
});
