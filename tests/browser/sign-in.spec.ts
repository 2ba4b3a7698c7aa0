import { expect, serverUrl, signIn, signInAs, test } from './support/app';

test('a wrong password is told, and the right one leads to where one wanted to go', async ({ page, folder }) => {
  await signIn(page, `/folder/${folder.id}`, 'not the password');
  await expect(page.getByRole('alert')).toContainText('do not match');
  await expect(page.getByLabel('User name')).toHaveValue('admin');

  await signIn(page, `/folder/${folder.id}`);
  await expect(page).toHaveURL(new RegExp(`/app/folder/${folder.id}$`));
  await expect(page.getByRole('heading', { level: 1, name: folder.name })).toBeVisible();
});

test('the session outlives a reload and ends by signing out', async ({ app }) => {
  await app.reload();
  await app.getByRole('button', { name: /^Account of/ }).click();
  await app.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(app.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await app.goto(`${serverUrl()}/app/`);
  await expect(app.getByRole('button', { name: 'Sign in' })).toBeVisible();
});

test('the session is renewed when its token ends', async ({ app, context }) => {
  const cookies = await context.cookies();
  expect(cookies.find((cookie) => cookie.name === 'rv_session')?.httpOnly).toBe(true);
  await context.clearCookies({ name: 'rv_session' });
  await app.reload();
  await expect(app.getByRole('heading', { level: 1 })).toBeVisible();
  expect((await context.cookies()).some((cookie) => cookie.name === 'rv_session')).toBe(true);
});

test('somebody changes their own password', async ({ page, server }) => {
  const username = `pat-${Date.now()}`;
  await server.send('POST', '/admin/user', { username, password: 'given by somebody else', role: 'viewer' });
  await signInAs(page, username, 'given by somebody else');
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Change password…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Present password').fill('not that one');
  await dialog.getByLabel('New password').fill('known to nobody else');
  await dialog.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(dialog.getByText('Is not right')).toBeVisible();
  await expect(dialog.getByLabel('Present password')).toBeFocused();
  await dialog.getByLabel('Present password').fill('given by somebody else');
  await dialog.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText('Your password is changed')).toBeVisible();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signInAs(page, username, 'known to nobody else');
  await expect(page.getByText('Nothing has been shared with you yet')).toBeVisible();
});

test('who has no password, but signs in elsewhere, is offered none to change', async ({ page, folder }) => {
  await page.route('**/account/user', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), hasPassword: false } });
  });
  await signIn(page, `/folder/${folder.id}`);
  await expect(page.getByRole('heading', { level: 1, name: folder.name })).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: /^Account of/ }).click();
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Change password…' })).toHaveCount(0);
});

test('an unknown folder and an unknown page say so', async ({ app }) => {
  await app.goto(`${serverUrl()}/app/folder/0190a000-0000-7000-8000-000000000000`);
  await expect(app.getByText('This is not here')).toBeVisible();
  await app.goto(`${serverUrl()}/app/asset/not-an-id`);
  await expect(app.getByText('This is not here')).toBeVisible();
  await app.goto(`${serverUrl()}/app/nowhere/at/all`);
  await expect(app.getByText('There is no such page')).toBeVisible();
});
