// npm run generate [-- --check]: prints docs/reference/ from the settings and the error catalogue, the options of
// `createServer` from the settings, the table of compatibility from the schemas and the tests, and the OpenAPI document, so
// that a change of the API shows in review.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { compatibilityPage, compatibilityRows } from './compatibility.mjs';
import { errorsPage, settingsPage } from './reference-pages.mjs';
import { serverOptionsSource } from './server-options.mjs';

build();
const isCheck = process.argv.includes('--check');
const { settingRows } = await import('../dist/config/settings.js');
const { errorCatalogue, wireCodeOf } = await import('../dist/errors.js');
const { openApiDocument } = await import('../dist/protocol/openapi/openapi-document.js');

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const stale = [];
function keep(name, text) {
  const path = join(folder, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (isCheck) stale.push(name);
  else writeFileSync(path, text);
}

const errorRows = Object.entries(errorCatalogue).map(([name, row]) => ({ code: wireCodeOf(name), ...row }));
keep('docs/reference/settings.md', settingsPage(settingRows()));
keep('docs/reference/errors.md', errorsPage(errorRows));
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
keep('docs/openapi.json', `${JSON.stringify(openApiDocument(version), null, 2)}\n`);
keep('src/config/server-options.ts', await serverOptionsSource());
keep('docs/compatibility.md', compatibilityPage(await compatibilityRows(folder)));

if (stale.length > 0) {
  console.error(`${stale.join(' and ')} stale: run \`npm run generate\`.`);
  process.exit(1);
}
