// npm run generate [-- --check]: prints the README's tables from the settings and the error catalogue.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

build();
const { settingRows } = await import('../dist/config.js');
const { errorCatalogue } = await import('../dist/errors.js');

const cell = (text) => text.replaceAll('|', '\\|');
const table = (header, rows) =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');

const tables = {
  settings: table(
    ['variable', 'in the file', 'default', 'shape', ''],
    settingRows().map(({ env, file, default: fallback, shape, sentence }) => [env, file, fallback, shape, sentence]),
  ),
  errors: table(
    ['code', 'what it means', 'what to do'],
    Object.entries(errorCatalogue).map(([code, { meaning, remedy }]) => [`\`${code}\``, meaning, remedy]),
  ),
};

const path = join(dirname(fileURLToPath(import.meta.url)), '..', 'README.md');
const before = readFileSync(path, 'utf8');
let after = before;
for (const [name, text] of Object.entries(tables)) {
  const marked = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!marked.test(after)) throw new Error(`README.md has no place for ${name}`);
  after = after.replace(marked, (_all, start, end) => `${start}${text}\n${end}`);
}
if (after !== before) {
  if (process.argv.includes('--check')) {
    console.error('README.md is stale: run `npm run generate`.');
    process.exit(1);
  }
  writeFileSync(path, after);
}
