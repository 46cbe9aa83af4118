import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** `npx vite ui` serves the dashboard while it is worked on, before a server on its usual port. */
const server = 'http://127.0.0.1:8191';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/ui/',
  build: {
    outDir: fileURLToPath(new URL('../dist/ui', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page lets nothing in that is not a file of the server.
    assetsInlineLimit: 0,
    modulePreload: false,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/metrics', '/openapi.json', '/docs', '/view', '/ui/whoami', '/ui/login', '/ui/logout'].map((path) => [
        path,
        server,
      ]),
    ),
  },
});
