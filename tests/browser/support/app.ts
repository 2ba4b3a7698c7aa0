/** What each test begins with: a signed-in page, and a folder of its own. */
import { test as base, expect, type APIRequestContext, type Page } from '@playwright/test';

export const adminPassword = () => process.env.REELVAULT_ADMIN_PASSWORD ?? '';

export function serverUrl(): string {
  return process.env.REELVAULT_URL ?? 'http://127.0.0.1:8080';
}

/** Whether the server is the tests' own, and so has a store named tape and may send to this machine. */
export const ownServer = () => process.env.REELVAULT_TEST_OWN_SERVER === 'yes';

interface Folder {
  id: string;
  name: string;
}

interface Asset {
  id: string;
  displayName: string;
  assetStatusName: string;
}

/** The server itself, past the page: to prepare what a test needs and to look at what it did. */
export class Server {
  private token: string | null = null;

  constructor(private readonly request: APIRequestContext) {}

  private async headers(): Promise<Record<string, string>> {
    if (!this.token) {
      const answer = await this.request.post(`${serverUrl()}/account/login`, {
        data: { username: 'admin', password: adminPassword() },
      });
      expect(answer.ok(), `signing in: ${answer.status()}`).toBe(true);
      this.token = ((await answer.json()) as { accessToken: string }).accessToken;
    }
    return { Authorization: `Bearer ${this.token}` };
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.request.get(serverUrl() + path, {
      headers: await this.headers(),
    });
    expect(answer.ok(), `GET ${path}: ${answer.status()}`).toBe(true);
    return (await answer.json()) as T;
  }

  async send<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, data?: object): Promise<T> {
    const answer = await this.request.fetch(serverUrl() + path, { method, headers: await this.headers(), data });
    expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  }

  async text(path: string): Promise<string> {
    const answer = await this.request.get(serverUrl() + path, { headers: await this.headers() });
    expect(answer.ok(), `GET ${path}: ${answer.status()}`).toBe(true);
    return answer.text();
  }

  /** A small file, or a new version of one; done when it is settled. Gives the asset's id. */
  async upload(parentId: string, fileName: string, content: string, replacesAssetId?: string): Promise<string> {
    const upload = await this.send<{ id: string; assetId: string; parts: { id: string; uploadUrl: string }[] }>(
      'POST',
      '/asset/upload/start',
      {
        fileName,
        fileSize: Buffer.byteLength(content),
        contentType: 'text/plain',
        ...(replacesAssetId ? { replacesAssetId } : { parentId }),
      },
    );
    for (const part of upload.parts) {
      const sent = await this.request.put(part.uploadUrl, { data: Buffer.from(content) });
      await this.send('POST', `/asset/upload/part/${part.id}/complete`, { etag: sent.headers().etag });
    }
    await this.send('POST', `/asset/upload/${upload.id}/complete`);
    const status = async () => (await this.get<Asset>(`/asset/${upload.assetId}`)).assetStatusName;
    await expect.poll(status, { timeout: 60_000 }).toBe('Available');
    return upload.assetId;
  }

  async makeFolder(name: string): Promise<Folder> {
    const roots = await this.get<{ items: Asset[] }>('/asset/roots');
    const root = roots.items[0];
    if (!root) throw new Error('the server has no bucket');
    return this.makeFolderIn(root.id, name);
  }

  async makeFolderIn(parentId: string, name: string): Promise<Folder> {
    const made = await this.send<Asset>('POST', `/admin/asset/${parentId}/create-folder`, { displayName: name });
    return { id: made.id, name };
  }

  /** Gives a film subtitles, and waits until they are a track of it. */
  async uploadSubtitles(assetId: string, fileName: string, languageCode: string, text: string): Promise<void> {
    const headers = await this.headers();
    const post = async <T>(path: string, data: unknown): Promise<T> => {
      const answer = await this.request.post(serverUrl() + path, { headers, data });
      expect(answer.ok(), `POST ${path}: ${answer.status()}`).toBe(true);
      return (await answer.json()) as T;
    };
    const bytes = Buffer.from(text);
    const upload = await post<{ id: string; parts: { id: string; uploadUrl: string }[] }>(
      '/asset/upload/start-related-asset',
      { parentAssetId: assetId, relationshipType: 'subtitle', languageCode, fileName, fileSize: bytes.length },
    );
    for (const part of upload.parts) {
      const sent = await this.request.put(part.uploadUrl, { data: bytes });
      await post(`/asset/upload/part/${part.id}/complete`, { etag: sent.headers().etag });
    }
    const related = await post<{ id: string }>(`/asset/upload/${upload.id}/complete`, {});
    await expect
      .poll(async () => {
        const { subtitles } = await this.get<{ subtitles: { id: string }[] }>(`/asset/${assetId}/detail`);
        return subtitles.map(({ id }) => id);
      })
      .toContain(related.id);
  }

  async children(folderId: string): Promise<Asset[]> {
    return (await this.get<{ items: Asset[] }>(`/asset/${folderId}/children`)).items;
  }

  /** What an earlier test left half done would show in the next one's panel. */
  async cancelUploads(): Promise<void> {
    for (const { id } of (await this.openUploads()).items) {
      await this.request.post(`${serverUrl()}/asset/upload/${id}/cancel`, { headers: await this.headers() });
    }
  }

  openUploads(): Promise<{ items: { id: string; completedParts: number }[] }> {
    return this.get('/asset/upload');
  }
}

interface Fixtures {
  server: Server;
  folder: Folder;
  /** A page that is signed in and shows `folder`. */
  app: Page;
  /** Fails the test when the page itself reports a fault. */
  faults: string[];
}

export const test = base.extend<Fixtures>({
  // A context of its own, so that the page's cookies stay the page's.
  server: async ({ playwright }, use) => {
    const request = await playwright.request.newContext();
    await use(new Server(request));
    await request.dispose();
  },
  folder: async ({ server }, use, info) => {
    await server.cancelUploads();
    await use(await server.makeFolder(`${info.title.slice(0, 60)} ${Date.now()}`));
  },
  faults: [
    async ({ page }, use) => {
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      page.on('console', (message) => {
        // Refusals by the server are part of the tests; broken policies and scripts are not.
        if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(message.text());
      });
      await use(faults);
      expect(faults, 'faults in the console').toEqual([]);
    },
    { auto: true },
  ],
  app: async ({ page, folder }, use) => {
    await signIn(page, `/folder/${folder.id}`);
    await expect(page.getByRole('heading', { level: 1, name: folder.name })).toBeVisible();
    await use(page);
  },
});

export { expect };

export async function signInAs(page: Page, username: string, password: string, path = '/'): Promise<void> {
  await page.goto(`${serverUrl()}/app${path}`);
  await page.getByLabel('User name').fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export function signIn(page: Page, path = '/', password = adminPassword()): Promise<void> {
  return signInAs(page, 'admin', password, path);
}

export function uploads(page: Page) {
  return page.getByRole('region', { name: 'Uploads' });
}

export async function chooseFiles(page: Page, ...paths: string[]): Promise<void> {
  await page.getByLabel('Choose files to upload').first().setInputFiles(paths);
}
