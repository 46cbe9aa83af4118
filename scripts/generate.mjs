// npm run generate [-- --check]: prints the README's tables from the settings and the error catalogue, the options of
// `createServer` from the settings, and the table of compatibility from the schemas and the tests.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { compatibilityPage, compatibilityRows } from './compatibility.mjs';
import { table } from './markdown.mjs';
import { serverOptionsSource } from './server-options.mjs';

build();
const isCheck = process.argv.includes('--check');
const { settingRows } = await import('../dist/config/settings.js');
const { errorCatalogue, wireCodeOf } = await import('../dist/errors.js');

const tables = {
  settings: table(
    ['variable', 'in the file', 'default', 'shape', ''],
    settingRows().map(({ env, file, default: fallback, shape, sentence }) => [env, file, fallback, shape, sentence]),
  ),
  errors: table(
    ['code', 'what it means', 'what to do'],
    Object.entries(errorCatalogue).map(([code, { meaning, remedy }]) => [`\`${wireCodeOf(code)}\``, meaning, remedy]),
  ),
};

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const stale = [];
function keep(name, text) {
  const path = join(folder, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (isCheck) stale.push(name);
  else writeFileSync(path, text);
}

let readme = readFileSync(join(folder, 'README.md'), 'utf8');
for (const [name, text] of Object.entries(tables)) {
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marked.test(readme)) throw new Error(`README.md has no place for ${name}`);
  readme = readme.replace(marked, (_all, start, end) => `${start}${text}\n${end}`);
}
keep('README.md', readme);
keep('src/config/server-options.ts', await serverOptionsSource());
keep('docs/compatibility.md', compatibilityPage(await compatibilityRows(folder)));

if (stale.length > 0) {
  console.error(`${stale.join(' and ')} stale: run \`npm run generate\`.`);
  process.exit(1);
}
