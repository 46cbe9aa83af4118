import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { variableOf } from '../../src/config/load-config.js';
import { fileName, settingKeys } from '../../src/config/settings.js';
import { settingName } from '../../src/errors.js';

const root = join(import.meta.dirname, '..', '..', 'src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
const used = sources.flatMap((path) =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/settingName\('(\w+)'\)/g)].map(([, name]) => name),
);

it('every setting that a sentence names – is one, under the variable that sets it', () => {
  const variables = new Map(settingKeys.map((key) => [fileName(key), variableOf(key)]));
  expect(used.length).toBeGreaterThan(10);
  for (const name of used) expect(settingName(name ?? '')).toBe(variables.get(name ?? ''));
});
