import fc from 'fast-check';
import { commandDefinitions } from '../../src/protocol/commands.js';
import { solvingFields } from '../../src/protocol/names/solving-fields.js';
import { errorReplySchema } from '../../src/protocol/replies/error-reply.js';
import { closingFields } from '../../src/protocol/replies/reply-fields.js';

export type Json = Record<string, unknown>;

const paths = [
  '/',
  '/actions',
  '/article',
  '/file',
  '/empty',
  '/image',
  '/missing',
  '/popup',
  '/dialogs',
  '/text',
  '/reset',
];
const foes = [
  '/hang',
  '/busy',
  '/redirect',
  '/loop',
  '/script-redirect',
  '/opens-tabs',
  '/closes-itself',
  '/endless-file',
];
const selectors = ['#button', '#link', '#text', '#select', '#hover', '#frame', '#far', '#none', '##', 'a', ''];
const codes = [
  '1 + 1',
  'document.title',
  'return 5',
  'await 1',
  '({',
  'throw new Error("x")',
  'location.href = "/"',
  'null',
];

const junk = fc.oneof(
  fc.constantFrom(null, '', 'true', 'x'.repeat(3000), -1, 1e12, 0.5, [], {}, [[]], '\u0000', '💥'),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Mostly what fits, now and then what does not. */
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 14, arbitrary: good as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: junk });

const url = () => fc.constantFrom(...paths, ...paths, ...foes).map((path) => `${site}${path}`);
/** Where all of it leads. */
let site = '';
const session = fc.constantFrom(...[...Array(30).keys()].map((n) => `s${n}`), undefined);
const small = fc.integer({ min: 1, max: 400 });

const actionFields: Record<string, fc.Arbitrary<unknown>> = {
  cssSelector: mostly(fc.constantFrom(...selectors)),
  text: mostly(fc.string({ maxLength: 8 })),
  code: mostly(fc.constantFrom(...codes)),
  condition: mostly(fc.constantFrom('true', 'false', 'window.x = (window.x ?? 0) + 1', ')')),
  direct: mostly(fc.boolean()),
  value: mostly(fc.constantFrom('tab', 'enter', 'clear', 'b', 'nokey')),
  index: mostly(fc.integer({ min: 0, max: 4 })),
  wait: mostly(fc.integer({ min: 101, max: 200 })),
  waitForLoadState: mostly(fc.constantFrom('load', 'domcontentloaded')),
  cookieName: mostly(fc.constantFrom('late', 'none')),
  repeat: mostly(fc.integer({ min: 1, max: 3 })),
  width: mostly(fc.integer({ min: 1, max: 2000 })),
  files: mostly(fc.constant([{ name: 'a', base64: 'YQ==' }])),
  when: mostly(fc.constantFrom('beforeload', 'afterload', undefined, undefined, undefined)),
  ignoreErrors: mostly(fc.boolean()),
};
const actionNames = [
  ...[
    'click',
    'type',
    'goto',
    'wait',
    'wait_for_selector',
    'wait_for_function',
    'wait_for_load_state',
    'wait_for_cookie',
  ],
  ...['execute_js', 'scroll', 'hover', 'keyboard', 'dropdown', 'switch_iframe', 'set_viewport', 'if', 'while'],
  ...['remove_iframes', 'screenshot', 'upload', 'download', 'solve_captcha'],
];
/** An action; one of the last level has none inside. */
const actionOf = (levels: number): fc.Arbitrary<Json> =>
  fc.record({
    type: fc.constantFrom(...actionNames),
    timeout: mostly(small),
    url: fc.constant(0).chain(url),
    ...actionFields,
    ...(levels > 0
      ? Object.fromEntries(['then', 'or'].map((name) => [name, fc.array(actionOf(levels - 1), { maxLength: 2 })]))
      : {}),
  });

const values: Record<string, fc.Arbitrary<unknown>> = {
  url: fc.constant(0).chain(url),
  session,
  timeout: fc.integer({ min: 1, max: 3000 }),
  browserActions: fc.array(actionOf(2), { maxLength: 4 }),
  postData: fc.constantFrom('a=1', { a: 1 }, [1]),
  customHeaders: fc.constantFrom(
    { 'x-a': '1' },
    { 'content-type': 'application/json' },
    { cookie: 'a=1' },
    { host: 'x' },
  ),
  cookies: fc.constantFrom('a=b; c=d', [{ key: 'k', value: 'v' }], [{ name: 'n', value: 'v', domain: 'example.org' }]),
  cookiejar: fc.constantFrom([{ key: 'k', value: 'v' }]),
  filter: fc.constantFrom('statusCode', ['cookies', 'innerText']),
  requestType: fc.constantFrom('browser', 'request'),
  localStorage: fc.constantFrom({ a: '1' }, { a: { b: 1 } }),
  waitForUrl: fc.constantFrom('/', '*127*', '/never'),
  regex: fc.constantFrom('<(\\w+)', '(a+)+$', '(', ['a', 'b']),
  cssSelector: fc.constantFrom(...selectors),
  interceptFetchRequest: fc.constantFrom('/', ['/text'], '*'),
  abortOnDetection: fc.constantFrom('/asset', ['*'], ['/']),
  waitForAbortOnDetectionTimeout: small,
  retries: fc.integer({ min: 0, max: 2 }),
  attempts: fc.integer({ min: 1, max: 2 }),
  screenshotWidth: fc.integer({ min: 1, max: 2000 }),
  screenshotHeight: fc.integer({ min: 1, max: 2000 }),
  referer: fc.constantFrom('http://example.org/', 'x'),
  customAttribute: fc.constantFrom('href', 'id'),
  whitelistedDomains: fc.constantFrom('127.0.0.1', ['example.org']),
  blackListedDomains: fc.constantFrom('127.0.0.1', ['example.org']),
  proxy: fc.constantFrom('http://127.0.0.1:1', 'socks5://a:b@127.0.0.1:1', 'ftp://x'),
  proxyCountry: fc.constantFrom('US', 'Atlantis'),
  session_ttl: fc.integer({ min: 1, max: 60 }),
  maxLifetime: fc.integer({ min: 1, max: 60 }),
  maxBytes: fc.integer({ min: 1, max: 1_000_000 }),
  requests: fc.array(
    fc.constant(0).chain(() => requestBody.map(({ session: _session, ...rest }) => rest)),
    { maxLength: 3 },
  ),
};
/** Such a value of this field, or a flag. */
const anyOf = (name: string) => mostly(values[name] ?? fc.boolean());

/** A few of the fields that a command has, and now and then one that it does not. */
function bodyOf(names: readonly string[], always: readonly string[], most: number): fc.Arbitrary<Json> {
  const known = names.filter((name) => !always.includes(name));
  return fc
    .subarray([...known, 'nonsense', ...solvingFields], { maxLength: most })
    .chain((some) => fc.record(Object.fromEntries([...always, ...some].map((name) => [name, anyOf(name)]))));
}

const requestFields = Object.keys(commandDefinitions['request.get'].parameters.shape);
const requestBody: fc.Arbitrary<Json> = bodyOf(requestFields, ['url', 'session', 'timeout'], 5);
const command: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.constantFrom('get', 'post', 'put', 'delete', 'patch'), requestBody)
      .map(([verb, body]) => ({ ...body, cmd: `request.${verb}` })),
  },
  ...(
    [
      'sessions.create',
      'sessions.destroy',
      'sessions.list',
      'sessions.active',
      'sessions.proxy',
      'request.batch',
    ] as const
  ).map((cmd) => ({
    weight: 1,
    arbitrary: bodyOf(
      Object.keys(commandDefinitions[cmd].parameters.shape),
      Object.keys(commandDefinitions[cmd].parameters.shape).filter((name) => ['session', 'requests'].includes(name)),
      3,
    ).map((body) => ({ ...body, cmd })),
  })),
  { weight: 1, arbitrary: fc.record({ cmd: junk, session: junk }) },
);

/** Commands, valid and not, on pages of a test's origin. The same seed is the same commands. */
export function randomCommands(originUrl: string, seed: number, count: number): Iterator<Json> {
  site = originUrl;
  return fc.sample(command, { numRuns: count, seed })[Symbol.iterator]();
}

/** What is wrong with an answer; nothing if it has the contract's shape. */
export function problemOf(sent: Json, { status, body }: { status: number; body: Json }): string | undefined {
  if (status !== 200) return `status ${status}`;
  if (body.code === 'CODE-10000') return 'an unforeseen failure';
  if (!('solution' in body)) return 'no solution';
  if (body.data === 'error') {
    const { success, error } = errorReplySchema.loose().safeParse(body);
    return success ? undefined : String(error);
  }
  if ('error' in body) return 'a success with an error';
  const doc = commandDefinitions[sent.cmd as keyof typeof commandDefinitions]; // it was understood
  const { success, error } = doc.reply.extend(closingFields).strict().safeParse(body);
  return success ? undefined : String(error);
}
