// Builds ui/ to dist/ui: the dashboard, ready to be served as it is. scripts/build.mjs runs it, as a process of its own.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
await build({ configFile: join(root, 'ui', 'vite.config.js'), logLevel: 'warn' });
