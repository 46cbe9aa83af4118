import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { actionShapes } from '../../../src/protocol/actions.js';
import { type Command, commandDefinitions, commandNames } from '../../../src/protocol/commands.js';
import { dialectSchema, translateRequest } from '../../../src/protocol/dialects/flaresolverr.js';
import { parseCommand } from '../../../src/protocol/parse-command.js';
import { mayNameUpstream, sessionNamedIn } from '../../../src/protocol/refused-body.js';
import { cookiesToSet, httpRequestOf } from '../../../src/requests/http-request.js';

type Body = Record<string, unknown>;

const trap = { toString: 1, valueOf: 1, toJSON: 1, constructor: 1, length: -1, then: 1 };

const nested = (wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < 20_000; i++) value = wrap(value);
  return value;
};

/** Values that cost somebody who is careless much. */
const hostileValues: Readonly<Record<string, unknown>> = {
  'long text': 'x'.repeat(6_000_000),
  'text of white space that ends badly': `${' '.repeat(1_000_000)}!`,
  'text of separators': ';,=/:?&'.repeat(200_000),
  'text of digits': '1'.repeat(1_000_000),
  'text of half signs': '\ud800'.repeat(1000),
  'a URL without end': `http://a/${'a.'.repeat(1_000_000)}`,
  'a costly expression': `/${'\\p{RGI_Emoji}'.repeat(10_000)}/v`,
  'a list of numbers': Array.from({ length: 99_000 }, (_, i) => i),
  'a list of texts': Array.from({ length: 99_000 }, (_, i) => `(a${i}|b)*`),
  'a list of objects': Array.from({ length: 33_000 }, () => ({ name: 'chrome', type: 'wait', wait: 1 })),
  'a list of cookies': Array.from({ length: 33_000 }, (_, i) => `a${i}=b; c=d`),
  'an object of many fields': Object.fromEntries(Array.from({ length: 99_000 }, (_, i) => [`proxx${i}`, 'b'])),
  'an object that is no text': trap,
  'a list of objects that are no text': [{ type: trap, name: trap, x: trap }],
  'deep lists': nested((inner) => [inner]),
  'deep objects': nested((inner) => ({ a: inner })),
  'deep actions': nested((inner) => [{ type: 'if', condition: '1', then: inner, or: inner }]),
  'deep sessions': nested((inner) => ({ session: inner })),
};

/** Fields whose text or list is as large as a body may be. */
const unbounded = new Set(['postData', 'requests', 'base64', 'no such field', 'key']);

/** Does with a body what the server does before a session is looked for. */
function take(body: Body, parse: (body: Body) => Command): MooringError | undefined {
  try {
    sessionNamedIn(body);
    const command = parse(body);
    const requests = 'requests' in command ? command.requests : 'request' in command ? [command] : [];
    for (const { cmd, request } of requests) {
      httpRequestOf(cmd, request);
      cookiesToSet(request, request.url ?? 'http://a/');
    }
    return undefined;
  } catch (error) {
    mayNameUpstream(body);
    if (error instanceof MooringError) return error;
    throw new Error(`unforeseen with the fields ${Object.keys(body).slice(0, 9)}`, { cause: error });
  }
}

/** Every hostile value in one place of a body. */
function attack(
  place: string,
  bodyWith: (value: unknown) => Body,
  parse = parseCommand as (body: Body) => Command,
): void {
  const field = place.split('.').at(-1) ?? '';
  for (const [kind, value] of Object.entries(hostileValues)) {
    const startedAt = performance.now();
    const error = take(bodyWith(value), parse);
    const ms = performance.now() - startedAt;
    expect(ms, `${place}: ${kind}`).toBeLessThan(2000);
    if (error) expect(error.code, `${place}: ${kind}`).not.toBe('INTERNAL_ERROR');
    else if (!unbounded.has(field)) expect(kind, `${place} took it`).not.toBe('long text');
    if (error) expect(error.message.length, `${place}: ${kind}`).toBeLessThan(2000);
  }
}

describe('every field, with values that cost much', () => {
  // The other verbs have the schema of request.post.
  it.each(commandNames.filter((cmd) => !/put|delete|patch/.test(cmd)))(
    '%s – a named error soon, or none',
    { timeout: 120_000 },
    (cmd) => {
      const complete: Body = {
        cmd,
        session: 's',
        url: 'http://a/',
        ...(cmd === 'request.batch' ? { requests: [{ url: 'http://a/' }], url: undefined } : {}),
      };
      for (const name of [...Object.keys(commandDefinitions[cmd].parameters.shape), 'cmd'])
        attack(`${cmd}.${name}`, (value) => ({ ...complete, [name]: value }));
      for (const name of ['persist', 'state', 'model', 'unknownField', 'captcha'])
        attack(`${cmd}.no such field`, (value) => ({ ...complete, [name]: value }));
      take({ ...complete, ...(hostileValues['an object of many fields'] as Body) }, parseCommand);
    },
  );

  it('every field of every action', { timeout: 240_000 }, () => {
    for (const [type, names] of Object.entries(actionShapes)) {
      for (const name of names) {
        attack(`${type}.${name}`, (value) => ({
          cmd: 'request.get',
          url: 'http://a/',
          browserActions: [{ type, cssSelector: 'a', code: '1', condition: '1', then: [], [name]: value }],
        }));
      }
    }
    attack('upload.files.base64', (base64) => ({
      cmd: 'request.get',
      url: 'http://a/',
      browserActions: [{ type: 'upload', cssSelector: 'a', files: [{ name: 'a', base64 }] }],
    }));
  });

  it('every field of a cookie, header and batch entry', { timeout: 120_000 }, () => {
    const within = (field: string, wrap: (value: unknown) => unknown, place = field): void =>
      attack(`request.get.${place}`, (value) => ({ cmd: 'request.get', url: 'http://a/', [field]: wrap(value) }));
    for (const name of ['name', 'key', 'value', 'domain', 'path', 'expires', 'sameSite'])
      within('cookies', (value) => [{ name: 'a', value: 'b', [name]: value }], name);
    within('customHeaders', (value) => ({ cookie: value }));
    within('customHeaders', (value) => ({ x: value }));
    within('localStorage', (value) => ({ x: value }));
    for (const name of ['cmd', 'url', 'regex', 'browserActions'])
      attack(`batch.${name}`, (value) => ({ cmd: 'request.batch', requests: [{ url: 'http://a/', [name]: value }] }));
  });

  it("every field of FlareSolverr's dialect", { timeout: 120_000 }, () => {
    const parse = (body: Body): Command => translateRequest(body).command;
    for (const cmd of ['request.get', 'request.post']) {
      const complete = { cmd, url: 'http://a/', ...(cmd === 'request.post' ? { postData: 'a=b' } : {}) };
      for (const name of Object.keys(dialectSchema.shape))
        attack(`${cmd}.${name}`, (value) => ({ ...complete, [name]: value }), parse);
      for (const name of ['url', 'username', 'password'])
        attack(`${cmd}.${name}`, (value) => ({ ...complete, proxy: { url: 'http://a:1', [name]: value } }), parse);
    }
  });
});
