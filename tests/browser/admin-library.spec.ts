import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { expect, ownServer, serverUrl, test } from './support/app';

const dialog = (app: Page) => app.getByRole('dialog');
const row = (app: Page, text: string | RegExp) => app.getByRole('row').filter({ hasText: text });

async function openSection(app: Page, name: string): Promise<void> {
  await app.getByRole('link', { name: 'Administration' }).click();
  await app.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name }).click();
}

async function act(app: Page, name: string, action: string): Promise<void> {
  await app.getByRole('button', { name: `Actions for ${name}` }).click();
  await app.getByRole('menuitem', { name: action, exact: true }).click();
}

test('a field is made, asked for in a file, changed and taken away', async ({ app, server, folder }) => {
  const mark = folder.id.slice(-6);
  const label = `Rights until ${mark}`;
  const assetId = await server.upload(folder.id, 'contract.txt', 'signed');
  await openSection(app, 'Fields');
  await app.getByRole('button', { name: 'New field' }).click();
  await dialog(app).getByLabel('Label').fill(label);
  await expect(dialog(app).getByLabel('Name', { exact: true })).toHaveValue(new RegExp(`^rightsUntil${mark}$`, 'i'));
  await dialog(app).getByRole('textbox', { name: 'Type' }).click();
  await app.getByRole('option', { name: 'Choice' }).click();
  await dialog(app).getByRole('button', { name: 'Create' }).click();
  // A choice among nothing is refused, and said at the field.
  await expect(dialog(app).getByRole('textbox', { name: 'Choices' })).toBeFocused();
  for (const choice of ['This year', 'For ever']) {
    await dialog(app).getByRole('textbox', { name: 'Choices' }).fill(choice);
    await app.keyboard.press('Enter');
  }
  await dialog(app).getByRole('button', { name: 'Create' }).click();
  await expect(row(app, label)).toContainText('This year, For ever');
  await expect(row(app, label)).toContainText('Choice');

  await app.goto(`${serverUrl()}/app/asset/${assetId}`);
  await app.getByRole('button', { name: /Add a description|Edit/ }).click();
  await dialog(app).getByRole('textbox', { name: label }).click();
  await app.getByRole('option', { name: 'For ever' }).click();
  await dialog(app).getByRole('button', { name: 'Save' }).click();
  await expect(app.getByRole('tabpanel')).toContainText(label);
  await expect(app.getByRole('tabpanel')).toContainText('For ever');

  await openSection(app, 'Fields');
  await act(app, label, 'Edit');
  await expect(dialog(app).getByLabel('Name', { exact: true })).toBeDisabled();
  await dialog(app).getByLabel('Label').fill(`Licensed until ${mark}`);
  await dialog(app).getByRole('switch', { name: 'Has to be given' }).click();
  await dialog(app).getByRole('button', { name: 'Save' }).click();
  await expect(row(app, `Licensed until ${mark}`)).toContainText('required');
  await act(app, `Licensed until ${mark}`, 'Delete');
  await dialog(app).getByRole('button', { name: 'Delete' }).click();
  await expect(row(app, mark)).toHaveCount(0);
});

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** Takes what is sent to it, unless told to refuse. */
async function receiver() {
  const received: Received[] = [];
  const state = { status: 204 };
  const http = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(state.status).end();
    });
  });
  await new Promise<void>((ready) => http.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/hook`,
    received,
    state,
    close: () => http.close(),
  };
}

test('a webhook is made, tried, watched, sent again, switched off and deleted', async ({ app, server, folder }) => {
  test.skip(!ownServer(), 'Another server may not send to this machine.');
  const there = await receiver();
  try {
    await openSection(app, 'Webhooks');
    await app.getByRole('button', { name: 'New webhook' }).first().click();
    await dialog(app).getByLabel('Address').fill('ftp://example.com/hook');
    await dialog(app).getByRole('button', { name: 'Create' }).click();
    await expect(dialog(app).getByLabel('Address')).toBeFocused();
    await dialog(app).getByLabel('Address').fill(there.url);
    await dialog(app).getByLabel('Description').fill('The edit suite');
    await dialog(app).getByRole('textbox', { name: 'Events' }).fill('asset');
    await app.keyboard.press('Enter');
    await dialog(app).getByRole('button', { name: 'Create' }).click();
    const secret = (await dialog(app).locator('pre').textContent()) ?? '';
    expect(secret.length).toBeGreaterThanOrEqual(16);
    await dialog(app).getByRole('button', { name: 'Close' }).click();
    await expect(row(app, there.url)).toContainText('The edit suite');

    await act(app, 'The edit suite', 'Send a test');
    await expect(app.getByText('It was taken: 204')).toBeVisible();
    const first = there.received[0];
    if (!first) throw new Error('nothing came');
    expect(JSON.stringify(first.headers)).toContain(
      createHmac('sha256', secret)
        .update(`${/t=(\d+)/.exec(JSON.stringify(first.headers))?.[1] ?? ''}.${first.body}`)
        .digest('hex'),
    );

    there.state.status = 500;
    await act(app, 'The edit suite', 'Send a test');
    await expect(app.getByText('The test was not taken')).toBeVisible();

    there.state.status = 204;
    await server.makeFolderIn(folder.id, 'News');
    await act(app, 'The edit suite', 'Deliveries');
    const log = dialog(app).getByRole('table');
    await expect(log.getByRole('row').filter({ hasText: 'asset.' }).first()).toContainText('Delivered');
    const before = there.received.length;
    await log
      .getByRole('button', { name: /Actions for delivery/ })
      .first()
      .click();
    await app.getByRole('menuitem', { name: 'Send again' }).click();
    await expect.poll(() => there.received.length).toBeGreaterThan(before);
    await dialog(app).getByRole('button', { name: 'Close' }).click();

    await act(app, 'The edit suite', 'Edit');
    await dialog(app).getByRole('switch', { name: 'On' }).click();
    await dialog(app).getByRole('button', { name: 'Save' }).click();
    await expect(row(app, there.url).getByText('Off')).toBeVisible();
    await act(app, 'The edit suite', 'Delete');
    await dialog(app).getByRole('button', { name: 'Delete' }).click();
    await expect(row(app, there.url)).toHaveCount(0);
  } finally {
    there.close();
  }
});

test('who did what is found, followed to its file, and saved as a table', async ({ app, server, folder }) => {
  const assetId = await server.upload(folder.id, `seen-${folder.id.slice(-6)}.txt`, 'read me');
  await server.send('PATCH', `/admin/asset/${assetId}`, { description: 'As seen by the auditor' });
  await openSection(app, 'Audit');
  const entries = app
    .getByRole('table')
    .getByRole('row')
    .filter({ hasText: `seen-${folder.id.slice(-6)}.txt` });
  await expect(entries.first()).toContainText('admin');

  await app.getByRole('textbox', { name: 'What' }).fill('update');
  await app.getByRole('option', { name: 'Update', exact: true }).click();
  await expect(entries).toHaveCount(1);
  await expect(entries).toContainText('Update');
  const saving = app.waitForEvent('download');
  await app.getByRole('link', { name: 'CSV' }).click();
  const saved = await (await saving).createReadStream();
  let csv = '';
  for await (const piece of saved) csv += String(piece);
  expect(csv).toContain(assetId);
  expect(csv.split('\n').length).toBeGreaterThan(1);

  await app.getByLabel('Until').fill('2001-01-01');
  await expect(app.getByText('Nothing of the kind happened')).toBeVisible();
  await app.getByLabel('Until').fill('');
  await app.getByRole('textbox', { name: 'Who' }).fill('admin');
  await app.getByRole('option', { name: /admin/ }).first().click();
  await entries.first().getByRole('link').click();
  await expect(app.getByRole('heading', { level: 1, name: /^seen-/ })).toBeVisible();
});
