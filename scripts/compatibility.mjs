// The table of compatibility: a row for each field and action of the API, from the schemas, with a test that says it `covers`
// it (test/support/covers.ts).
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { table } from './markdown.mjs';

/** A row's test is the first that covers it, in this order of suites, then of paths, then of lines. */
const suites = ['test/browser', 'test/program', 'test/hostile', 'test/soak', 'test/api', 'test/clients', 'test/unit'];

/**
 * Every field and action: its name, what it does or why it is refused, and the test that covers it.
 *
 * @throws Error when a test covers what is no row
 */
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
      covered: 'create',
      rows: fieldsOf(commandDefinitions['sessions.create'].parameters),
      state: 'works',
    },
    {
      group: '`sessions.*`',
      covered: 'command',
      rows: Object.keys(commandDefinitions).flatMap((name) =>
        /^(sessions|websocket)\./.test(name) ? [[name, 'See `/docs`.']] : [],
      ),
      state: 'works',
    },
    { group: '`request.*`', covered: 'request', rows: fieldsOf(requestSchema), state: 'works' },
    {
      group: '`request.*`',
      covered: 'request',
      rows: solvingFields.map((name) => [name, 'This project does not solve challenges.']),
      state: 'no effect, with a warning',
    },
    {
      group: '`request.*`',
      covered: 'request',
      rows: Object.entries(fieldsWithoutEffect).map(([name, why]) => [name, `It has none: ${why}.`]),
      state: 'no effect, with a warning',
    },
    {
      group: '`request.*`',
      covered: 'request',
      rows: refusedRequestFields.map((name) => [name, '`UNSUPPORTED_PARAMETER`.']),
      state: 'refused',
    },
    {
      group: '`request.batch`',
      covered: 'batch',
      rows: fieldsOf(commandDefinitions['request.batch'].parameters).filter(([name]) => name === 'requests'),
      state: 'works',
    },
    {
      group: '`browserActions`',
      covered: 'action',
      rows: actionSchema.unwrap().options.map((option) => [option.shape.type.value, option.description ?? '']),
      state: 'works',
    },
    {
      group: '`browserActions`',
      covered: 'action',
      rows: unsupportedActions.map((name) => [name, '`UNSUPPORTED_ACTION`, unless `ignoreErrors`.']),
      state: 'refused',
    },
    {
      group: 'FlareSolverr',
      covered: 'dialect',
      rows: fieldsOf(dialectSchema).filter(([name]) => name !== 'cmd'),
      state: 'works',
    },
  ];
  const statements = suites.flatMap((suite) => statementsIn(join(folder, suite), folder));
  const known = new Set(groups.flatMap(({ covered, rows }) => rows.map(([name]) => `${covered} ${name}`)));
  const unknown = statements.flatMap(({ file, group, names }) =>
    names.filter((name) => !known.has(`${group} ${name}`)).map((name) => `covers('${group}', '${name}') in ${file}`),
  );
  if (unknown.length > 0) throw new Error(`expected names of the API's schemas; got ${unknown.join(', ')}`);
  return groups.flatMap(({ group, covered, rows, state }) =>
    rows.map(([name, description]) => {
      const found = statements.find((statement) => statement.group === covered && statement.names.includes(name));
      return { group, name, state, description, test: found && `${found.file} › ${found.title}` };
    }),
  );
}

/** The page. @throws Error when no test covers a row */
export function compatibilityPage(rows) {
  const untested = rows.filter(({ test }) => test === undefined);
  if (untested.length > 0)
    throw new Error(`no test covers ${untested.map(({ group, name }) => `${name} (${group})`).join(', ')}`);
  return `# Compatibility

Every field and action of the API, whether it works, and the test that shows it. Printed from the schemas and the \`covers\`
statements of the tests by \`npm run generate\`; \`npm run check\` fails when it is stale, or when no test covers a row.

${table(
  ['', 'name', '', 'what it does', 'test'],
  rows.map(({ group, name, state, description, test }) => [group, `\`${name}\``, state, description, test]),
)}
`;
}

function statementsIn(path, folder) {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => statementsOf(readFileSync(file, 'utf8'), relative(folder, file)));
}

const quoted = String.raw`'(?:[^'\\]|\\.)+'`;
const statement = new RegExp(String.raw`\bcovers\(\s*(${quoted}(?:,\s*${quoted})+),?\s*\);`, 'g');
/** A test up to its body, where nothing but other statements stands yet. */
const testStart = new RegExp(
  String.raw`\(\s*(${quoted}|"[^"]+"),\s*(?:async )?\([^()]*\) => \{\s*(?:${statement.source}\s*)*$`,
);

/** Each `covers` of a file with the title of its test. @throws Error when one is unreadable or stands elsewhere */
function statementsOf(text, file) {
  if (!text.includes("support/covers.js'")) return []; // a function of the same name
  const found = [...text.matchAll(statement)];
  const calls = text.match(/\bcovers\(/g)?.length ?? 0;
  if (found.length < calls) throw new Error(`expected covers('group', 'name', …); in ${file}; got another form`);
  return found.map(({ index, 1: list }) => {
    const before = text.slice(0, index);
    const opener = [...before.matchAll(/^\s*(it|describe)\b/gm)].at(-1);
    const title = opener?.[1] === 'it' ? testStart.exec(before.slice(opener.index))?.[1] : undefined;
    if (title === undefined) throw new Error(`expected covers(${list}) at the start of a test's body in ${file}`);
    const [group, ...names] = [...list.matchAll(/'(.+?)'/g)].map(([, name]) => name);
    return { file, title: title.slice(1, -1).replaceAll("\\'", "'"), group, names };
  });
}
