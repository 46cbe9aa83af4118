// npm run browsers [-- install [chromium|firefox|webkit] [--yes]]: `mooring browsers` of the sources.
import { build } from './build.mjs';
import { install } from './install.mjs';

install();
build();
process.argv.splice(2, 0, 'browsers');
await import('../dist/cli/main.js');
