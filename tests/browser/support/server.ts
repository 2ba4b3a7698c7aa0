/**
 * The server that the browser tests talk to. One that runs already is named by REELVAULT_URL; else the program
 * (REELVAULT_TEST_BINARY, or the newest build) is started on a port of its own, with data that are thrown away.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const startMs = 20_000;

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? done(address.port) : failed(new Error('no port'))));
    });
  });
}

function findBinary(): string {
  const candidates = [
    process.env.REELVAULT_TEST_BINARY,
    join(root, 'build/release/bin/reelvault'),
    join(root, 'build/dev/bin/reelvault'),
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error('No reelvault program to test: build it, or set REELVAULT_URL or REELVAULT_TEST_BINARY.');
  return found;
}

async function untilReady(url: string, child: ChildProcess, log: string): Promise<void> {
  const end = Date.now() + startMs;
  while (Date.now() < end) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error(`The server did not start:\n${readFileSync(log, 'utf8').slice(-4000)}`);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done();
    else child.once('exit', () => done());
  });
}

export default async function startServer(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.REELVAULT_URL) return undefined;
  const data = mkdtempSync(join(tmpdir(), 'reelvault-browser-'));
  const port = await freePort();
  const log = join(data, 'server.log');
  const output = openSync(log, 'w');
  const password = `browser-${Math.random().toString(36).slice(2)}`;
  // A second store, for buckets that archive into it.
  const config = join(data, 'reelvault.toml');
  mkdirSync(join(data, 'tape'));
  writeFileSync(config, `[stores.tape]\nkind = "local"\nroot = "${join(data, 'tape')}"\n`);
  const child = spawn(findBinary(), ['--config', config, 'serve'], {
    cwd: data,
    stdio: ['ignore', output, output],
    env: {
      // What is set for whoever runs the tests is not meant for this server.
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REELVAULT_'))),
      REELVAULT_HTTP_PORT: String(port),
      REELVAULT_DATA_DIR: join(data, 'data'),
      REELVAULT_ADMIN_PASSWORD: password,
      REELVAULT_ENCODING_PRESET: 'ultrafast',
      // The tests themselves receive webhooks.
      REELVAULT_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      REELVAULT_WEB_DIR: process.env.REELVAULT_WEB_DIR ?? join(root, 'web/dist'),
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended(child);
    clearTimeout(late);
    if (process.env.KEEP_SERVER_LOG) process.stdout.write(`The server's log: ${log}\n`);
    else rmSync(data, { recursive: true, force: true });
  };
  try {
    await untilReady(url, child, log);
  } catch (error) {
    await stop();
    throw error;
  }
  process.env.REELVAULT_URL = url;
  process.env.REELVAULT_ADMIN_PASSWORD = password;
  process.env.REELVAULT_TEST_OWN_SERVER = 'yes';
  process.env.REELVAULT_TEST_TAPE = join(data, 'tape');
  return stop;
}
