// npm start: installs what is missing, builds what is stale, and becomes the server (one process, which gets the signals).
import { build } from './build.mjs';
import { install } from './install.mjs';

install();
build();
await import('../dist/cli/main.js');
