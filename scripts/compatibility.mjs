// The table of compatibility: a row for each field and action of the API, from the schemas, with the test that shows it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { table } from './markdown.mjs';

const suites = ['test/browser', 'test/program', 'test/hostile', 'test/soak', 'test/api', 'test/clients', 'test/unit'];

/** Every field and action: its name, what stands for it in a test, what it does or why it is refused. */
export async function compatibilityRows(folder) {
  const { commandDefinitions } = await import('../dist/protocol/commands.js');
  const { actionSchema, unsupportedActions } = await import('../dist/protocol/actions.js');
  const { refusedRequestFields } = await import('../dist/protocol/commands/request.js');
  const { requestSchema } = await import('../dist/protocol/fields/request.js');
  const { solvingFields } = await import('../dist/protocol/names/solving-fields.js');
  const { fieldsWithoutEffect } = await import('../dist/protocol/names/foreign-names.js');
  const { dialectSchema } = await import('../dist/protocol/dialects/flaresolverr.js');
  const fieldsOf = (schema) => Object.entries(schema.shape).map(([name, field]) => [name, field.description ?? '']);
  const groups = [
    {
      group: '`sessions.create`',
      kind: 'field',
      rows: fieldsOf(commandDefinitions['sessions.create'].parameters),
      state: 'works',
    },
    {
      group: '`sessions.*`',
      kind: 'command',
      rows: Object.keys(commandDefinitions).flatMap((name) =>
        name.startsWith('sessions.') ? [[name, 'See `/docs`.']] : [],
      ),
      state: 'works',
    },
    { group: '`request.*`', kind: 'field', rows: fieldsOf(requestSchema), state: 'works' },
    {
      group: '`request.*`',
      kind: 'field',
      rows: solvingFields.map((name) => [name, 'This project does not solve challenges.']),
      state: 'no effect, with a warning',
    },
    {
      group: '`request.*`',
      kind: 'field',
      rows: Object.entries(fieldsWithoutEffect).map(([name, why]) => [name, `It has none: ${why}.`]),
      state: 'no effect, with a warning',
    },
    {
      group: '`request.*`',
      kind: 'field',
      rows: refusedRequestFields.map((name) => [name, '`UNSUPPORTED_PARAMETER`.']),
      state: 'refused',
    },
    {
      group: '`request.batch`',
      kind: 'field',
      rows: fieldsOf(commandDefinitions['request.batch'].parameters).filter(([name]) => name === 'requests'),
      state: 'works',
    },
    {
      group: '`browserActions`',
      kind: 'action',
      rows: actionSchema.unwrap().options.map((option) => [option.shape.type.value, option.description ?? '']),
      state: 'works',
    },
    {
      group: '`browserActions`',
      kind: 'action',
      rows: unsupportedActions.map((name) => [name, '`UNSUPPORTED_ACTION`, unless `ignoreErrors`.']),
      state: 'refused',
    },
    {
      group: 'FlareSolverr',
      kind: 'field',
      rows: fieldsOf(dialectSchema).filter(([name]) => name !== 'cmd'),
      state: 'works',
      only: /flaresolverr|page-traffic/,
    },
  ];
  const tests = suites.flatMap((suite) => testsOf(join(folder, suite), folder));
  return groups.flatMap(({ group, kind, rows, state, only }) =>
    rows.map(([name, description]) => ({
      group,
      name,
      state,
      description,
      test: findTest(name, kind, only ? tests.filter(({ file }) => only.test(file)) : tests),
    })),
  );
}

/** The page. @throws when a row has no test */
export function compatibilityPage(rows) {
  const untested = rows.filter(({ test }) => test === undefined);
  if (untested.length > 0)
    throw new Error(`no test names ${untested.map(({ group, name }) => `${name} (${group})`).join(', ')}`);
  return `# Compatibility

Every field and action of the API, whether it works, and the test that shows it. Printed from the schemas and the tests by
\`npm run generate\`; \`npm run check\` fails when it is stale, or when a row has no test.

${table(
  ['', 'name', '', 'what it does', 'test'],
  rows.map(({ group, name, state, description, test }) => [group, `\`${name}\``, state, description, test]),
)}
`;
}

function testsOf(path, folder) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.test.ts'))
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      return blocksOf(readFileSync(file, 'utf8'), relative(folder, file));
    })
    .sort((a, b) => suites.findIndex((s) => a.file.startsWith(s)) - suites.findIndex((s) => b.file.startsWith(s)));
}

/** Each test of a file with its title and its text. A helper's text above the first test belongs to none. */
function blocksOf(text, file) {
  const starts = [...text.matchAll(/^\s*it(?:\.each)?\(/gm)].map(({ index }) => index);
  return starts.flatMap((start, i) => {
    const block = text.slice(start, starts[i + 1]);
    const title = /\(\s*'((?:[^'\\]|\\.)+)',\s*(?:async )?\(/.exec(block)?.[1];
    return title === undefined ? [] : [{ file, title: title.replaceAll("\\'", "'"), block }];
  });
}

/** The test that names it in its title, or else one that sends it. */
function findTest(name, kind, tests) {
  const escaped = name.replaceAll('.', '\\.');
  const inTitle = new RegExp(`(^|[^\\w.])${escaped}($|[^\\w.])`);
  const sent = {
    field: new RegExp(`(^|[\\s{,(\\['"])${escaped}['"]?\\s*[:,}\\]]`, 'm'),
    action: new RegExp(`type: '${escaped}'|\\b${escaped}\\b`),
    command: new RegExp(`cmd: '${escaped}'`),
  }[kind];
  const found =
    tests.find(({ title, block }) => inTitle.test(title) && sent.test(block)) ??
    tests.find(({ block }) => sent.test(block));
  return found && `${found.file} › ${found.title}`;
}
