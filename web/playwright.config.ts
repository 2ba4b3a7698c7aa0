import { defineConfig } from '@playwright/test';

// The browser tests: the real page in Chromium against the real program. With REELVAULT_URL and
// REELVAULT_ADMIN_PASSWORD they use a server that runs already; else they start one (tests/browser/support/server.ts).
export default defineConfig({
  testDir: '../tests/browser',
  globalSetup: '../tests/browser/support/server.ts',
  tsconfig: './tsconfig.node.json',
  outputDir: './test-results',
  // One server and two cores: films are made playable while the tests wait for it.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 800 },
    colorScheme: 'dark',
    locale: 'en-GB',
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
