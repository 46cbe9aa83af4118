import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { actionSchema, actionShapes } from '../../../src/protocol/actions.js';
import { commandDefinitions, commandNames } from '../../../src/protocol/commands.js';
import { fieldsWithoutEffect } from '../../../src/protocol/names/foreign-names.js';
import { distance } from '../../../src/protocol/names/nearest-name.js';
import { parseCommand } from '../../../src/protocol/parse-command.js';

const get = (fields: Record<string, unknown>) => {
  const command = parseCommand({ cmd: 'request.get', url: 'http://a.example/', ...fields });
  if (command.cmd !== 'request.get') throw new Error('expected a request.get');
  return command;
};
const sentenceOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof MooringError) return error.message;
    throw error;
  }
  throw new Error('expected a failure');
};

/** What a caller is told of a command: its failure, or its warnings. */
const toldOf = (body: Record<string, unknown>): string => {
  try {
    return parseCommand(body).warnings.join(' ');
  } catch (error) {
    if (error instanceof MooringError) return error.message;
    throw error;
  }
};

describe('names of fields', () => {
  it.each([
    [{ Proxy: 'http://p:1' }, { proxy: { host: 'p', port: 1 } }],
    [{ blacklistedDomains: ['b.example'] }, { denied: { entries: ['b.example'] } }],
    [{ WHITELISTEDDOMAINS: 'b.example' }, { allowed: { entries: ['b.example'] } }],
    [{ fullpage: true }, { fullPage: true }],
    [{ sessionTtl: 5 }, { idleMs: 5000 }],
    [{ custom_headers: { a: 'b' } }, { customHeaders: { a: 'b' } }],
    [{ overwriteLocale: false }, { setLocale: false }],
    [{ dontLoadFirstRequest: true }, { dontLoadMainSite: true }],
    [
      { mustexist: true, DontChangeProxy: 'true' },
      { mustExist: true, dontChangeProxy: true },
    ],
    [{ browser: [{ Name: 'chrome', minversion: '116' }] }, { browser: [{ name: 'chrome', minVersion: 116 }] }],
    [
      { browserActions: [{ Type: 'click', cssselector: '#a', timeOut: 5 }] },
      { browserActions: [{ type: 'click', cssSelector: '#a', timeout: 5 }] },
    ],
    [
      { browserActions: { type: 'if', Condition: '1', Then: [{ type: 'hover', CssSelector: 'a', timeOut: 5 }] } },
      {
        browserActions: [{ type: 'if', condition: '1', then: [{ type: 'hover', cssSelector: 'a', timeout: 5 }] }],
      },
    ],
  ])('%j – are matched whatever their case', (fields, expected) => {
    const { request, options, domains, warnings } = get(fields);
    expect({ ...request, ...options, ...options.upstream, ...options.identity, ...domains }).toMatchObject(expected);
    expect(warnings).toEqual([]);
  });

  it.each(commandNames)('%s – every field of its schema is taken in upper case, and none is told as unknown', (cmd) => {
    const base: Record<string, unknown> = { requests: [{ url: 'http://a/' }], session: 'x', url: 'http://a/' };
    for (const name of Object.keys(commandDefinitions[cmd].parameters.shape)) {
      const { [name]: _itself, ...others } = base;
      const told = toldOf({ cmd, ...others, [name.toUpperCase()]: 'x' });
      if (name !== name.toUpperCase()) expect(told).not.toContain(`\`${name.toUpperCase()}\``);
    }
  });

  it.each([
    [{ Proxy: 'http://a:1', proxy: 'http://b:1' }, '`Proxy`: expected this field once; got it as `proxy` too'],
    [{ overwriteLocale: true, setLocale: false }, '`overwriteLocale`: expected this field once'],
    [
      { browserActions: [{ type: 'wait', wait: 1, WAIT: 2 }] },
      '`browserActions[0].wait`: expected this field once; got it as `WAIT` too',
    ],
  ])('%j – two spellings with different values are refused', (fields, sentence) => {
    const message = sentenceOf(() => get(fields));
    expect(message).toContain(sentence);
    expect(message).not.toContain('http://b:1');
  });

  it('two spellings with one value, or one of them null – are one field', () => {
    expect(get({ Proxy: 'http://a:1', proxy: 'http://a:1' }).options.upstream.proxy).toMatchObject({
      host: 'a',
      port: 1,
    });
    expect(get({ proxy: null, Proxy: 'http://a:1' }).options.upstream.proxy).toMatchObject({ host: 'a', port: 1 });
    expect(get({ Proxy: 'http://a:1', proxy: null }).options.upstream.proxy).toMatchObject({ host: 'a', port: 1 });
  });

  it('the fields of each action are those of its schema', () => {
    const union = (
      actionSchema as unknown as { unwrap(): { options: { shape: Record<string, { value?: string }> }[] } }
    ).unwrap();
    expect(Object.keys(actionShapes)).toEqual(union.options.map(({ shape }) => shape.type?.value));
  });
});

describe('unknown fields', () => {
  it.each([
    ['headers', 'customHeaders'],
    ['body', 'postData'],
    ['data', 'postData'],
    ['payload', 'postData'],
    ['actions', 'browserActions'],
    ['browserAction', 'browserActions'],
    ['screenshots', 'screenshot'],
    ['fullPge', 'fullPage'],
    ['country', 'proxyCountry'],
  ])('%s – fails nothing, and a warning names %s', (name, meant) => {
    expect(get({ [name]: { a: 1 } }).warnings).toEqual([
      `Unknown field \`${name}\`: it had no effect; did you mean \`${meant}\`?`,
    ]);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'zzzzzz'])(
    '%s – is told without a guess',
    (name) => {
      const body = JSON.parse(`{"cmd":"sessions.list","${name}":1}`);
      expect(parseCommand(body).warnings).toEqual([`Unknown field \`${name}\`: it had no effect.`]);
    },
  );

  it('in actions, nested ones, browsers and batches – are told with their place', () => {
    expect(
      [
        ...get({
          browserActions: [
            { type: 'click', selector: '#a', cssSelector: '#a' },
            { type: 'if', condition: '1', then: [{ type: 'hover', cssSelector: 'a', wait: 5 }], else: [] },
          ],
          browser: { name: 'chrome', version: 3 },
        }).warnings,
      ].sort(),
    ).toEqual(
      [
        'Unknown field `browser[0].version`: it had no effect.',
        'Unknown field `browserActions[0].selector`: it had no effect; did you mean `cssSelector`?',
        'Unknown field `browserActions[1].else`: it had no effect; did you mean `or`?',
        '`browserActions[1].then[0].wait` has no effect with the action `hover`.',
      ].sort(),
    );
    const batch = parseCommand({
      cmd: 'request.batch',
      Requests: [
        { url: 'http://a/' },
        { url: 'http://a/', headers: {}, browserActions: [{ type: 'wait', wait: 1, foo: 1 }] },
      ],
    });
    expect(batch.warnings).toEqual([
      'Unknown field `requests[1].headers`: it had no effect; did you mean `customHeaders`?',
      'Unknown field `requests[1].browserActions[0].foo`: it had no effect.',
    ]);
  });

  it.each([
    ['sessions.list', {}],
    ['sessions.destroy', { session: 'x' }],
    ['sessions.active', { session: 'x' }],
    ['sessions.identity', { session: 'x' }],
    ['sessions.proxy', { session: 'x' }],
    ['sessions.create', {}],
  ])('%s – tells them too, and fields of other commands', (cmd, body) => {
    expect(parseCommand({ cmd, ...body, foo: 1, screenshot: true }).warnings).toEqual([
      'Unknown field `foo`: it had no effect.',
      `\`screenshot\` has no effect with ${cmd}.`,
    ]);
  });

  it('many of them, and long names – are told shortly', () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`unknown-${i}`, 1]));
    const { warnings } = get({ ['x\n`'.repeat(10_000)]: 1, ...many });
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toBe('281 more unknown fields had no effect.');
    for (const warning of warnings) {
      expect(warning.length).toBeLessThan(200);
      expect(warning).not.toContain('\n');
    }
  });

  it('more than a thousand – are refused', () => {
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`unknown-${i}`, 1]));
    expect(sentenceOf(() => get(many))).toContain('expected at most 1000 fields that the API does not have');
  });

  it.each([
    { endpoint: 'request.get', apiKey: 'k', key: 'k', userId: 7, maxTimeout: 60_000, autoparse: null },
    {
      headless: 'true',
      geoip: 'true',
      noDriver: true,
      dontChangeProxy: true,
      request_type: 'Request',
      properties: 'a',
    },
    { autoparse: false, structure: null, model: '', api_key: '', method: 'GET' },
    { profileId: '', forceUniqueFingerprint: false, neverCacheDomains: [], cloudflareBypass: false },
    { foo: null, bar: '' },
  ])('%j – what public clients send is taken in silence', (fields) => {
    expect(get(fields).warnings).toEqual([]);
  });

  it.each(Object.entries(fieldsWithoutEffect))('%s – is told by name', (name, why) => {
    expect(get({ [name]: 'x' }).warnings).toEqual([`\`${name}\` has no effect: ${why}.`]);
  });

  it.each([
    'automaticallySolveCaptchas',
    'cloudflareBypass',
    'datadomeDebug',
    'detectIncapsula',
    'spsnspidChallenge',
    'captchaAnswer',
  ])('%s – is told as what this project does not do', (name) => {
    expect(get({ [name]: true }).warnings).toEqual([
      `\`${name}\` has no effect: this server does not solve challenges.`,
    ]);
  });

  it('forceNewProxy – in a batch, is told to have no effect', () => {
    expect(get({ forceNewProxy: true, session: 'x' }).warnings).toEqual([]);
    const requests = [{ url: 'http://a.example/', forceNewProxy: true }];
    expect(parseCommand({ cmd: 'request.batch', requests }).warnings).toEqual([
      '`requests[0].forceNewProxy` has no effect in a batch: sessions.proxy moves a session.',
    ]);
    expect(parseCommand({ cmd: 'sessions.create', forceNewProxy: true }).warnings).toEqual([]);
  });

  it('method – another than the verb – is told', () => {
    expect(get({ method: 'POST' }).warnings).toEqual(['Unknown field `method`: it had no effect; did you mean `cmd`?']);
  });
});

describe('near misses of fields that guard', () => {
  it.each([
    ['proxyUrl', 'proxy', 'http://p:1'],
    ['proxies', 'proxy', ['http://p:1']],
    ['prox', 'proxy', 'http://p:1'],
    ['porxy', 'proxy', 'http://p:1'],
    ['httpsProxy', 'proxy', 'http://p:1'],
    ['my_proxy_setting', 'proxy', 'p.example:3128'],
    ['theProxy', 'proxy', { server: 'http://p:1' }],
    ['proxyContry', 'proxyCountry', 'US'],
    ['whiteListDomains', 'whitelistedDomains', ['a']],
    ['allowedDomains', 'whitelistedDomains', ['a']],
    ['blackListDomains', 'blackListedDomains', ['a']],
    ['blockedDomains', 'blackListedDomains', ['a']],
    ['maxByte', 'maxBytes', 5],
    ['sesion', 'session', 'x'],
    ['sessionId', 'session', 'x'],
    ['persits', 'persist', true],
    ['mustExists', 'mustExist', true],
  ])('%s – is refused: %s is meant', (name, meant, value) => {
    const message = sentenceOf(() => get({ [name]: value }));
    expect(message).toBe(
      `INVALID_PARAMETER: \`${name}\`: expected \`${meant}\`; request.get has no field of this name, and ignoring it would be unsafe.`,
    );
  });

  it.each(['version', 'mission', 'props', 'proto', 'premium', 'maxRedirects', 'permission', 'maxBody', 'bytes'])(
    '%s – is no near miss',
    (name) => {
      expect(get({ [name]: 1 }).warnings[0]).toContain(`\`${name}\``);
    },
  );

  it.each(['proxyUrl', 'sesion', 'whiteListDomains'])('%s – that asks for nothing is no harm', (name) => {
    for (const value of [null, '', false, []]) expect(get({ [name]: value }).options.upstream.proxy).toBeUndefined();
  });

  it('among a thousand other unknown fields – is found', () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`unknown-${i}`, 1]));
    expect(sentenceOf(() => get({ ...many, proxyUrl: 'http://p:1' }))).toContain('`proxyUrl`: expected `proxy`');
  });

  it.each([
    [
      { cmd: 'request.batch', whitelistedDomains: ['a'], requests: [{ url: 'http://a/' }] },
      '`whitelistedDomains` in each of',
    ],
    [
      { cmd: 'request.batch', requests: [{ url: 'http://a/', proxyUrl: 'http://p:1' }] },
      '`requests[0].proxyUrl`: expected',
    ],
    [
      { cmd: 'request.batch', requests: [{ url: 'http://a/', Proxy: 'http://p:1' }] },
      '`requests[0].proxy`: expected it beside',
    ],
    [{ cmd: 'sessions.proxy', session: 'x', maxBytes: 5 }, '`maxBytes` with sessions.create'],
    [{ cmd: 'sessions.destroy', sesion: 'x' }, '`sesion`: expected `session`'],
    [
      {
        cmd: 'request.get',
        url: 'http://a/',
        browserActions: [{ type: 'goto', url: 'http://a/', proxy: 'http://p:1' }],
      },
      '`browserActions[0].proxy`: expected it beside `browserActions`',
    ],
  ])('%j – where it would be ignored, it is refused', (body, sentence) => {
    expect(sentenceOf(() => parseCommand(body))).toContain(sentence);
  });
});

describe('distance', () => {
  it('is symmetric, 0 for the same text alone, and 1 for one letter more', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(distance(a, b, 3)).toBe(distance(b, a, 3));
        expect(distance(a, b, 3) === 0).toBe(a === b);
        expect(distance(a, `${a}x`, 3)).toBe(1);
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});
