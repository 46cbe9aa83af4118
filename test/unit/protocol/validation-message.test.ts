import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { actionShapes } from '../../../src/protocol/actions.js';
import { type CommandName, commandDefinitions, commandNames } from '../../../src/protocol/commands.js';
import { dialectSchema } from '../../../src/protocol/dialects/flaresolverr.js';
import { parseCommand } from '../../../src/protocol/parse-command.js';
import { parse } from '../../../src/protocol/validation-message.js';

const secret = 'hunter2-secret';

function failure(work: () => unknown): MooringError | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof MooringError) return error;
    throw error;
  }
  return undefined;
}

const fails = (body: Record<string, unknown>): string => {
  const error = failure(() => parseCommand(body));
  if (!error) throw new Error(`expected a failure of ${JSON.stringify(body)}`);
  return error.message;
};

/** Wrong for most fields: another type, too small, too large, no such name, empty. */
const wrongValues: readonly unknown[] = [
  { no: 'such' },
  [{ no: 'such' }],
  [[1]],
  7,
  -1,
  1.5,
  1e300,
  true,
  [],
  'no-such-value\nwith a line break `and` ticks',
  secret,
  'x'.repeat(5000),
  'x'.repeat(200_000),
  [''],
  ['x'.repeat(5000)],
  { [`a\nb`.repeat(50)]: [secret] },
  Array(20_000).fill('x'),
];

/** What a sentence of a field looks like. */
function assertSentence(error: MooringError, value: unknown): void {
  const text = error.detail;
  const shown = `${text.slice(0, 500)} for ${JSON.stringify(value)?.slice(0, 100)}`;
  expect(text, shown).toMatch(/^`[A-Za-z][^`\n]*`: .*[.?]$/);
  expect(text, shown).toContain('expected');
  expect(text.length, shown).toBeLessThan(400);
  expect(text, shown).not.toMatch(/Invalid|received|Too (big|small)|discriminator|Unrecognized|undefined|\[object/);
  expect(text, shown).not.toContain('\n');
}

const required: Partial<Record<CommandName, Record<string, unknown>>> = {
  'sessions.destroy': { session: 's' },
  'sessions.active': { session: 's' },
  'sessions.identity': { session: 's' },
  'sessions.proxy': { session: 's' },
  'request.batch': { requests: [{ url: 'http://a.example/' }] },
};

describe('a value that does not fit', () => {
  it.each(
    commandNames.flatMap((cmd) =>
      Object.keys(commandDefinitions[cmd].parameters.shape).map((field) => [cmd, field] as const),
    ),
  )('%s %s – is told by its field, what was expected and what came', (cmd, field) => {
    let failed = 0;
    for (const value of wrongValues) {
      const base = cmd.startsWith('request.') && cmd !== 'request.batch' ? { url: 'http://a.example/' } : required[cmd];
      const error = failure(() => parseCommand({ cmd, ...base, [field]: value }));
      if (!error) continue;
      failed += 1;
      assertSentence(error, value);
    }
    expect(failed).toBeGreaterThan(0);
  });

  it.each(Object.entries(actionShapes))('action %s – each of its fields too', (type, fields) => {
    for (const field of fields) {
      for (const value of wrongValues) {
        const action = { type, cssSelector: 'p', code: '1', condition: '1', then: [], [field]: value };
        const error = failure(() =>
          parseCommand({ cmd: 'request.get', url: 'http://a.example/', browserActions: [action] }),
        );
        if (!error) continue;
        assertSentence(error, value);
        expect(error.detail).toMatch(/^`browserActions/);
      }
    }
  });

  it.each(Object.keys(dialectSchema.shape))('FlareSolverr %s – too', (field) => {
    for (const value of wrongValues) {
      const error = failure(() => parse(dialectSchema, { cmd: 'request.get', url: 'http://a/', [field]: value }));
      if (error) assertSentence(error, value);
    }
  });

  it.each([
    ['proxy', [secret]],
    ['cookies', [{ name: 'sid', value: [secret] }]],
    ['cookiejar', [{ key: secret, value: { secret } }]],
    ['customHeaders', { 'x-key': `${secret}\n` }],
    ['postData', 7],
    ['localStorage', [secret]],
    ['browserActions', `[{"type":"type","text":"${secret}"}]`],
    ['browserActions', [{ type: 'type', cssSelector: 'p', text: [secret] }]],
    ['browserActions', [{ type: 'upload', cssSelector: 'p', files: [{ name: 'a', base64: `!${secret}` }] }]],
    ['browserActions', [{ type: 'if', condition: '1', then: [{ type: 'type', text: secret }] }]],
    ['browserActions', [{ type: 'keyboard', value: secret }]],
    ['browserActions', { type: 'execute_js', code: { secret } }],
    ['url', `ftp://user:${secret}@a.example/?token=${secret}`],
    ['url', `nope?token=${secret}`.slice(0, 5)],
  ])('%s – no value that may be a secret is repeated', (field, value) => {
    for (const wrap of [
      (body: Record<string, unknown>) => ({ cmd: 'request.post', url: 'http://a.example/', ...body }),
      (body: Record<string, unknown>) => ({
        cmd: 'request.batch',
        requests: [{ cmd: 'request.post', url: 'http://a.example/', ...body }],
      }),
    ]) {
      const message = fails(wrap({ [field]: value }));
      expect(message).not.toContain('hunter2');
      expect(message).toContain(field);
    }
  });

  it.each([
    [
      { browserActions: [{ type: 'clik', cssSelector: 'a' }] },
      /`browserActions\[0\]\.type`: expected one of click, type, .*; got "clik"; did you mean `click`\?$/,
    ],
    [
      { browserActions: [{ type: 'wait', wait: 1 }, { type: 'click' }] },
      /`browserActions\[1\]\.cssSelector`: expected a selector for the action `click`; got nothing\.$/,
    ],
    [
      { browserActions: { type: 'if', condition: '1', then: [{ type: 'hover' }] } },
      /`browserActions\[0\]\.then\[0\]\.cssSelector`: expected a selector for the action `hover`; got nothing\.$/,
    ],
    [
      { browserActions: [{ cssSelector: 'a' }] },
      /`browserActions\[0\]\.type`: expected one of click, .*; got nothing\.$/,
    ],
    [
      { browserActions: [{ type: 'wait', wait: -1 }] },
      /`browserActions\[0\]\.wait`: expected a number of seconds \(up to 100\) or milliseconds \(above\) from 0 to 600000; got -1\.$/,
    ],
    [{ timeout: 'soon' }, /`timeout`: expected a whole number of milliseconds from 1 to 3600000; got "soon"\.$/],
    [
      { filter: ['innerTxt'] },
      /`filter\[0\]`: expected one of \d+ names \(.*; got "innerTxt"; did you mean `innerText`\?$/,
    ],
    [{ regex: 'a(' }, /`regex`: expected a regular expression \(unterminated group\); got "a\("\.$/],
    [{ interceptFetchRequest: 7 }, /`interceptFetchRequest`: expected text or a list of texts; got 7\.$/],
    [{ markdown: 'true' }, /`markdown`: expected `true` or `false` itself, neither text nor a number; got "true"\.$/],
    [{ fullPage: 'maybe' }, /`fullPage`: expected `true` or `false`; got "maybe"\.$/],
    [{ url: 'example.com' }, /`url`: expected an absolute URL such as https:\/\/example\.com\/; got "example\.com"\.$/],
  ])('%j – says it so', (fields, sentence) => {
    expect(fails({ cmd: 'request.get', url: 'http://a.example/', ...fields })).toMatch(sentence);
  });

  it.each([
    ['request.gett', 'did you mean `request.get`?'],
    ['session.create', 'did you mean `sessions.create`?'],
    [undefined, 'got nothing.'],
    [['request.get'], 'got a list.'],
    ['x'.repeat(10_000), 'expected one of'],
  ])('cmd %j – lists the commands, and the nearest', (cmd, end) => {
    const message = fails({ cmd });
    expect(message).toMatch(/^CODE-0004: `cmd`: expected one of sessions\.create, /);
    expect(message).toContain(end);
    expect(message.length).toBeLessThan(400);
  });

  it('the place in a batch – is part of the field', () => {
    expect(fails({ cmd: 'request.batch', requests: [{ url: 'http://a/' }, { url: 'http://a/', timeout: 0 }] })).toMatch(
      /^INVALID_PARAMETER: `requests\[1\]\.timeout`: expected /,
    );
  });

  it('actions that are nested without end – are refused in words', () => {
    let action: Record<string, unknown> = { type: 'screenshot' };
    for (let i = 0; i < 5000; i++) action = { type: 'if', condition: '1', then: [action] };
    expect(fails({ cmd: 'request.get', url: 'http://a/', browserActions: [action] })).toContain('at most 10 levels');
  });
});
