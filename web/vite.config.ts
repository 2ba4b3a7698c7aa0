/// <reference types="vitest/config" />
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` serves the page alone and hands everything else to a running server.
const server = process.env.REELVAULT_URL ?? 'http://127.0.0.1:8080';
const serverRoutes =
  '^/(account|admin|ads|asset|asset-queue|api|collection|docs|events|media|openapi.json|search|tag)\\b';

export default defineConfig({
  base: '/app/',
  plugins: [react()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  server: { port: 5173, proxy: { [serverRoutes]: { target: server, changeOrigin: false } } },
  build: {
    target: 'es2022',
    // The server marks hashed files as immutable; index.html alone is asked for again.
    assetsInlineLimit: 2048,
    chunkSizeWarningLimit: 600,
    rollupOptions: {
      output: {
        manualChunks: (id) => {
          if (!id.includes('node_modules')) return undefined;
          if (/node_modules\/(react|react-dom|scheduler|react-router|react-router-dom|@remix-run)\//.test(id))
            return 'react';
          if (/node_modules\/@mantine\//.test(id)) return 'mantine';
          if (/node_modules\/@tanstack\//.test(id)) return 'tanstack';
          return undefined;
        },
      },
    },
  },
  test: {
    // Most tests need no browser; those that do say so in their first line.
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
