import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine, suiteName } from '../support/suite-engines.js';

const suite = new EngineSuite(suiteEngine, { session: 'actions' });
const { origin } = suite;

type Actions = readonly Record<string, unknown>[];

const act = (browserActions: unknown, rest: Record<string, unknown> = {}) =>
  suite.app.send(suite.body('/actions', { browserActions, ...rest }));

/** Runs the actions, then reads the page's log with one more. */
async function log(actions: Actions): Promise<string> {
  const { body } = await act([...actions, { type: 'execute_js', code: "document.querySelector('#log').textContent" }]);
  if (body.data !== 'success') throw new Error(JSON.stringify(body));
  const said: string = body.solution.javascriptReturn.at(-1);
  // In Firefox the cursor rests where the last page had it, which may be on the element that logs it.
  return said === 'hover;' ? said : said.replace(/^hover;/, '');
}

/** Runs the actions, then evaluates an expression. */
async function value(actions: Actions, code: string): Promise<unknown> {
  const { body } = await act([...actions, { type: 'execute_js', code }]);
  if (body.data !== 'success') throw new Error(JSON.stringify(body));
  return body.solution.javascriptReturn.at(-1);
}

describe.skipIf(suiteEngine.skip !== undefined)(`browserActions on ${suiteName(suiteEngine)}`, () => {
  it.each([
    ['await Promise.resolve(5)', 5],
    ['() => 5', 5],
    ['async () => (await Promise.resolve(6)) + 1', 7],
    ['function f() { return 3 }; f()', 3],
    ['const x = 1; x', 1],
    ['const r = await Promise.resolve(2); return r', 2],
  ])('execute_js – %s', async (code, expected) => {
    const { body } = await act([{ type: 'execute_js', code }]);
    expect(body.solution.javascriptReturn).toEqual([expected]);
  });

  it('dropdown – an option that is not there, no select – says which there are', async () => {
    const none = await act([{ type: 'dropdown', cssSelector: '#select', value: 'zzz', timeout: 3000 }]);
    expect(none.body).toMatchObject({ code: 'CODE-0027' });
    expect(none.body.error).toContain('there are "a", "b", "c"');
    const input = await act([{ type: 'dropdown', cssSelector: '#text', value: 'a' }]);
    expect(input.body.error).toContain('expected a select element at #text; it is input#text');
    const place = await act([{ type: 'dropdown', cssSelector: '#select', index: 7, timeout: 3000 }]);
    expect(place.body.error).toContain('expected an option 7 in #select that can be chosen; there are "a", "b", "c"');
  });

  it('click – with the cursor, or direct', async () => {
    covers('action', 'click');
    expect(await log([{ type: 'click', cssSelector: '#button' }])).toBe('click:real;');
    expect(await log([{ type: 'click', cssSelector: '#button', direct: 'true' }])).toBe('click:direct;');
    expect(await value([{ type: 'click', cssSelector: '#button' }], 'moves')).toBeGreaterThan(3);
  });

  it('click – a link – the reply shows where it led, with its status', async () => {
    const { body } = await act([{ type: 'click', cssSelector: '#link' }]);
    expect(body.solution).toMatchObject({
      currentUrl: `${origin.url}/orders-link?from=actions`,
      statusCode: 404,
      innerText: 'no such page',
    });
  });

  it('click – waitForSelector, wait – are waited for', async () => {
    expect(
      await value(
        [{ type: 'click', cssSelector: '#button', waitForSelector: '#late', wait: 101 }],
        "!!document.querySelector('#late')",
      ),
    ).toBe(true);
  });

  it('type – keystrokes, or the value at once', async () => {
    covers('action', 'type');
    expect(
      await value(
        [
          { type: 'keyboard', value: 'clear', cssSelector: '#text' },
          { type: 'type', cssSelector: '#text', text: 'hé!' },
        ],
        "document.querySelector('#text').value",
      ),
    ).toBe('hé!');
    expect(await log([{ type: 'type', cssSelector: '#text', text: 'ab' }])).toBe('key:a;key:b;');
    expect(
      await value(
        [{ type: 'type', cssSelector: '#text', text: 'new', direct: true }],
        "document.querySelector('#text').value + document.querySelector('#log').textContent.replace('hover;', '')",
      ),
    ).toBe('new');
  });

  it('keyboard – every key; enter sends the form', async () => {
    covers('action', 'keyboard');
    const keys = ['tab', 'space', 'arrowdown', 'arrowup', 'arrowleft', 'arrowright', 'backspace'];
    const seen = await log(keys.flatMap((key) => [{ type: 'keyboard', value: key, cssSelector: '#text' }]));
    expect(seen).toBe('key:Tab;key: ;key:ArrowDown;key:ArrowUp;key:ArrowLeft;key:ArrowRight;key:Backspace;');
    const { body } = await act([
      { type: 'type', cssSelector: '#text', text: 'sent', direct: true },
      { type: 'keyboard', value: 'enter', cssSelector: '#text' },
    ]);
    expect(body.solution.currentUrl).toBe(`${origin.url}/echo?q=sent`);
    expect(body.solution.statusCode).toBe(200);
  });

  it('keyboard – an unknown key – CODE-0036, and nothing is done', async () => {
    const before = origin.seen.length;
    const { body } = await act([{ type: 'keyboard', value: 'escape' }]);
    expect(body).toMatchObject({
      code: 'CODE-0036',
      error: expect.stringContaining('`browserActions[0].value`: expected one of tab, enter'),
    });
    expect(origin.seen.length).toBe(before);
  });

  it('dropdown – by index or value', async () => {
    covers('action', 'dropdown');
    expect(await log([{ type: 'dropdown', cssSelector: '#select', index: '2' }])).toBe('select:c;');
    expect(await log([{ type: 'dropdown', cssSelector: '#select', value: 'b' }])).toBe('select:b;');
  });

  it('goto, wait – go and pause', async () => {
    covers('action', 'goto', 'wait');
    const later = (title: string) => ({
      type: 'execute_js',
      code: `setTimeout(() => { document.title = '${title}' }, 150); document.title`,
    });
    const { body } = await act([
      { type: 'goto', url: `${origin.url}/goes-to-missing`, wait: 500 },
      later('after a pause'),
      { type: 'wait', wait: 500 },
      { type: 'execute_js', code: 'document.title' },
    ]);
    expect(body.solution).toMatchObject({ statusCode: 404, innerText: 'Nothing here' });
    expect(body.solution.javascriptReturn).toEqual(['Missing', 'after a pause']);
  });

  it('wait_for_selector, wait_for_function, wait_for_load_state, wait_for_cookie – wait for what comes late', async () => {
    covers('action', 'wait_for_selector', 'wait_for_function', 'wait_for_load_state', 'wait_for_cookie');
    const late = [
      { type: 'wait_for_load_state', waitForLoadState: 'networkidle' },
      { type: 'wait_for_selector', cssSelector: '#late' },
      { type: 'wait_for_function', code: 'window.ready' },
      {
        type: 'wait_for_cookie',
        cookieName: 'late',
        cookieValue: 'yes',
        cookieDomain: '127.0.0.1',
        pollIntervalMs: 50,
      },
    ];
    expect(await value(late, 'window.ready')).toBe(true);
  });

  it.each([
    [{ type: 'wait_for_selector', cssSelector: '#never', timeout: 200 }, 'CODE-0027'],
    [{ type: 'click', cssSelector: '#never', timeout: 200 }, 'CODE-0027'],
    [{ type: 'wait_for_function', code: 'false', timeout: 200 }, 'CODE-0025'],
    [{ type: 'wait_for_cookie', cookieName: 'never', timeout: 200 }, 'CODE-0025'],
    [{ type: 'click', cssSelector: '##' }, 'INVALID_PARAMETER'],
    [{ type: 'execute_js', code: 'throw new Error("mine")' }, 'INVALID_PARAMETER'],
    [{ type: 'switch_iframe', cssSelector: '#button' }, 'INVALID_PARAMETER'],
  ])('%j – %s with its place; with ignoreErrors it goes on', async (action, code) => {
    covers('request', 'browserActions');
    const { body } = await act([{ type: 'wait', wait: 101 }, action]);
    expect(body).toMatchObject({ data: 'error', code, session: 'actions' });
    expect(body.error).toContain('`browserActions[1]`');
    expect(
      await log([
        { ...action, ignoreErrors: true },
        { type: 'click', cssSelector: '#button' },
      ]),
    ).toBe('click:real;');
  });

  it('execute_js – expressions, promises, statements; what cannot be said is null', async () => {
    covers('action', 'execute_js');
    const codes = [
      '1 + 1',
      'Promise.resolve("later")',
      'const a = 2; return a * 3;',
      'return await Promise.resolve({a: [1]})',
      'undefined',
      'document.title',
    ];
    const { body } = await act([
      ...codes.map((code) => ({ type: 'execute_js', code })),
      { type: 'execute_js', code: '"silent"', dontReturnValue: true },
    ]);
    expect(body.solution.javascriptReturn).toEqual([2, 'later', 6, { a: [1] }, null, 'Actions']);
  });

  it('scroll, hover – move the page and the cursor', async () => {
    covers('action', 'scroll', 'hover');
    expect(await value([{ type: 'scroll' }], 'window.scrollY')).toBeGreaterThan(3000);
    expect(
      await value([{ type: 'scroll', cssSelector: '#far', repeat: 2, delayMs: 10 }], 'window.scrollY'),
    ).toBeGreaterThan(3000);
    expect(await log([{ type: 'hover', cssSelector: '#hover' }])).toContain('hover;');
  });

  it('switch_iframe – later actions act there, deeper too, until an empty selector', async () => {
    covers('action', 'switch_iframe');
    expect(
      await value(
        [
          { type: 'switch_iframe', cssSelector: '#frame' },
          { type: 'click', cssSelector: '#in' },
        ],
        'document.body.innerText',
      ),
    ).toContain('pressed');
    expect(
      await value(
        [
          { type: 'switch_iframe', cssSelector: '#frame' },
          { type: 'switch_iframe', cssSelector: '#deeper' },
        ],
        'document.body.innerText',
      ),
    ).toBe('deep');
    expect(
      await value([{ type: 'switch_iframe', cssSelector: '#frame' }, { type: 'switch_iframe' }], 'document.title'),
    ).toBe('Actions');
  });

  it('set_viewport, screenshot, remove_iframes', async () => {
    covers('action', 'set_viewport', 'screenshot', 'remove_iframes');
    const { body } = await act([
      { type: 'set_viewport', width: 500, height: 400 },
      { type: 'screenshot' },
      { type: 'set_viewport' },
      { type: 'remove_iframes' },
      { type: 'execute_js', code: '[innerWidth, innerHeight, document.querySelectorAll("iframe").length]' },
    ]);
    expect(body.solution.javascriptReturn).toEqual([[1280, 1024, 0]]);
    const png = Buffer.from(body.solution.screenshots[0], 'base64');
    expect(png.readUInt32BE(16)).toBe(500);
    // Firefox leaves out a scroll bar at the bottom.
    expect([400, 388]).toContain(png.readUInt32BE(20));
  });

  it('if, while – nested, with their place in an error', async () => {
    covers('action', 'if', 'while');
    const push = (code: string) => ({ type: 'execute_js', code });
    const { body } = await act([
      { type: 'if', condition: 'true', then: [push('"then"')], or: [push('"or"')] },
      { type: 'if', condition: 'document.title === "x"', then: [push('"then"')], or: push('"or"') },
      push('window.n = 0'),
      {
        type: 'while',
        condition: 'window.n < 3',
        then: [push('++window.n'), { type: 'if', condition: 'window.n == 2', then: push('"two"') }],
      },
      { type: 'while', condition: 'true', then: [push('"again"')], maxAttempts: 2 },
    ]);
    expect(body.solution.javascriptReturn).toEqual(['then', 'or', 0, 1, 2, 'two', 3, 'again', 'again']);
    const failed = await act([
      { type: 'wait', wait: 101 },
      { type: 'if', condition: 'true', then: [{ type: 'click', cssSelector: '#never', timeout: 100 }] },
    ]);
    expect(failed.body.error).toContain('`browserActions[1].then[0]`: expected an element for #never');
  });

  it.each([
    '#button',
    'css=#button',
    '//button[@id="button"]',
    '(//button)[1]',
    '/html/body/button',
    'xpath=//button[text()="press"]',
    'text=PRESS',
    'text="press"',
  ])('click – %s – finds the button', async (cssSelector) => {
    expect(await log([{ type: 'click', cssSelector }])).toBe('click:real;');
  });

  it('selectors of every kind – in every action that takes one', async () => {
    const actions = [
      { type: 'wait_for_selector', cssSelector: 'text=late' },
      { type: 'click', cssSelector: 'text=press', waitForSelector: '//*[@id="late"]' },
      { type: 'keyboard', value: 'clear', cssSelector: '//input' },
      { type: 'type', cssSelector: '//input[@name="q"]', text: 'x' },
      { type: 'dropdown', cssSelector: 'xpath=//select', value: 'c' },
      { type: 'hover', cssSelector: 'text="hover me"' },
      { type: 'scroll', cssSelector: 'text="far"' },
    ];
    expect(await value(actions, 'document.querySelector("#text").value + window.scrollY')).toMatch(/^x[1-9]\d+/);
    const inFrame = [
      { type: 'switch_iframe', cssSelector: '//iframe[@id="frame"]' },
      { type: 'click', cssSelector: 'text=inside' },
    ];
    expect(await value(inFrame, 'document.body.innerText')).toContain('pressed');
  });

  it.each(['##', 'a:nope', '//[', 'xpath=1 + 1', 'css=', 'text=', 'xpath=string(//p)'])(
    'a selector that no page can read – %s – says what was expected, in no words of the browser',
    async (cssSelector) => {
      for (const type of ['click', 'hover', 'wait_for_selector', 'switch_iframe', 'download']) {
        const { body } = await act([{ type, cssSelector, timeout: 2000 }]);
        expect(body).toMatchObject({ code: 'INVALID_PARAMETER' });
        expect(body.error).toMatch(/`browserActions\[0\]`: expected (a CSS selector|an XPath|some text).*; got "/);
        expect(body.error).not.toMatch(/querySelector|Unexpected|legal|locator|evaluate|SyntaxError/);
      }
    },
  );

  it.each([
    ['click', '#nowhere', 'expected an element for #nowhere within 400 ms; none matches.'],
    ['click', '#in-menu', 'button#in-menu is hidden (display: none of div.menu).'],
    ['hover', '.twin', 'the first of 2 that match, button.twin, is hidden (visibility: hidden).'],
    ['click', '#no-size', 'button#no-size is hidden (its size is 0 × 0).'],
    ['wait_for_selector', '#in-menu', 'button#in-menu is hidden (display: none of div.menu).'],
    ['wait_for_selector', '#nowhere', 'none matches.'],
    ['click', '#disabled', 'button#disabled is disabled.'],
    ['click', '#covered', 'button#covered is covered by div#cover.banner.wide.'],
    ['hover', '#covered', 'button#covered is covered by div#cover.banner.wide.'],
    ['click', '#outside', 'button#outside is outside the viewport and cannot be scrolled into it.'],
    ['click', '#moving', 'button#moving keeps moving.'],
  ])('%s on %s – says why it was of no use', async (type, cssSelector, sentence) => {
    const timeout = cssSelector === '#moving' ? 2000 : 400; // it takes two looks to see it move
    const { body } = await suite.app.send(
      suite.body('/elements', { browserActions: [{ type, cssSelector, timeout }] }),
    );
    expect(body).toMatchObject({ code: 'CODE-0027' });
    expect(body.error).toContain(sentence);
  });

  it.each([
    ['#link', 'a#link'],
    ['#in-link', 'b#in-link'],
    ['#covered', 'button#covered'],
    ['#plain', 'div#plain'],
  ])('type – into %s, which takes no text – is refused, and leads nowhere', async (cssSelector, label) => {
    for (const direct of [false, true]) {
      const before = origin.count('/echo?followed');
      const { body } = await suite.app.send(
        suite.body('/elements', { browserActions: [{ type: 'type', cssSelector, text: 'x', direct }] }),
      );
      expect(body).toMatchObject({ code: 'INVALID_PARAMETER', solution: { currentUrl: `${origin.url}/elements` } });
      expect(body.error).toContain(
        `expected a field to type into at ${cssSelector}; it is ${label}, which takes no text`,
      );
      expect(origin.count('/echo?followed')).toBe(before);
    }
  });

  it.each([
    ['#label', "document.querySelector('#labelled').value"],
    ['#opens', "document.querySelector('#labelled').value"],
    ['#editable', "document.querySelector('#editable').textContent.replace('x', '')"],
    ['fast-field', "document.querySelector('fast-field').shadowRoot.querySelector('input').value"],
  ])('type – into %s, which hands the focus on or is editable – types', async (cssSelector, code) => {
    const { solution } = await suite.get('/elements', {
      browserActions: [
        { type: 'type', cssSelector, text: 'words' },
        { type: 'execute_js', code },
      ],
    });
    expect(solution.javascriptReturn).toEqual(['words']);
  });

  it.each([
    [
      { type: 'type', cssSelector: '#read-only', text: 'x', direct: true, timeout: 400 },
      'input#read-only is read-only',
    ],
    [{ type: 'type', cssSelector: '#number', text: 'x', direct: true }, 'expected a number as `text`'],
    [
      { type: 'upload', cssSelector: '#plain', files: { name: 'a', base64: '' }, timeout: 1500 },
      'div#plain opened none',
    ],
    [{ type: 'switch_iframe', cssSelector: '#plain' }, 'expected an iframe at #plain; it is div#plain'],
    [{ type: 'keyboard', value: 'clear', cssSelector: '#plain' }, 'expected a field to type into at #plain'],
    [
      { type: 'wait_for_function', code: 'false', timeout: 300 },
      'expected the expression to become true within 300 ms',
    ],
    [{ type: 'execute_js', code: `throw new Error('${'x'.repeat(400)}')` }, 'the page says Error: xxx'],
    [{ type: 'execute_js', code: '1 +* 2' }, 'the page says SyntaxError'],
  ])('%j – says so in our words', async (action, sentence) => {
    const { body } = await suite.app.send(suite.body('/elements', { browserActions: [action] }));
    expect(body.data).toBe('error');
    expect(body.error).toContain(sentence);
    expect(body.error).not.toMatch(/locator|frame\.|page\.|Call log|Timeout/);
    expect(body.error.length).toBeLessThan(500);
  });

  it('execute_js – the page moves on before it has finished – CODE-0026', async () => {
    const code = 'new Promise(() => { setTimeout(() => { location.href = "/missing" }, 200) })';
    const { body } = await act([{ type: 'execute_js', code }]);
    expect(body).toMatchObject({ code: 'CODE-0026' });
    expect(body.error).toContain('it moved on before the action had finished');
  });

  it('if, while, wait_for_function – the page moves on meanwhile – are asked again there', async () => {
    const leave = { type: 'execute_js', code: 'setTimeout(() => { location.href = "/missing" }, 300); 1' };
    const slowly = (code: string) => `new Promise((resolve) => setTimeout(() => resolve(${code}), 1000))`;
    const { body } = await act([
      leave,
      {
        type: 'if',
        condition: slowly('document.title === "Missing"'),
        then: [{ type: 'execute_js', code: '"there"' }],
      },
      { type: 'goto', url: `${origin.url}/actions` },
      leave,
      { type: 'wait_for_function', code: 'document.title === "Missing"' },
      { type: 'goto', url: `${origin.url}/actions` },
      leave,
      {
        type: 'while',
        condition: slowly('document.title !== "Missing"'),
        then: [{ type: 'execute_js', code: '"never"' }],
      },
    ]);
    expect(body).toMatchObject({ data: 'success' });
    expect(body.solution.javascriptReturn).toEqual([1, 'there', 1, 1]);
  });

  it('when – beforeload is done before the page is gone to', async () => {
    await suite.app.ok({ cmd: 'request.get', session: 'when', url: `${origin.url}/` });
    const reply = await suite.app.ok({
      cmd: 'request.get',
      session: 'when',
      url: `${origin.url}/missing`,
      browserActions: [
        { type: 'execute_js', code: 'location.pathname', when: 'after_captcha' },
        { type: 'execute_js', code: 'location.pathname', when: 'beforeload' },
      ],
    });
    expect(reply.solution.javascriptReturn).toEqual(['/', '/missing']);
  });

  it('keepSamePage – acts on the page as it was left', async () => {
    covers('request', 'keepSamePage');
    await act([{ type: 'click', cssSelector: '#button' }]);
    const reply = await suite.app.ok({
      cmd: 'request.get',
      session: 'actions',
      keepSamePage: true,
      browserActions: [
        { type: 'click', cssSelector: '#button' },
        { type: 'execute_js', code: "document.querySelector('#log').textContent" },
      ],
    });
    expect(reply.solution.javascriptReturn).toEqual(['click:real;click:real;']);
  });

  it.each([
    [[{ type: 'dance' }], 'INVALID_PARAMETER', '`browserActions[0]'],
    [[{ type: 'click' }], 'INVALID_PARAMETER', '`browserActions[0].cssSelector`'],
    [
      [{ type: 'dropdown', cssSelector: '#s' }],
      'INVALID_PARAMETER',
      '`browserActions[0]`: expected `index` or `value`',
    ],
    [
      [{ type: 'wait', wait: 600_001 }],
      'INVALID_PARAMETER',
      'expected a number of seconds (up to 100) or milliseconds (above) from 0 to 600000',
    ],
    [
      [{ type: 'wait', wait: '1.5 s' }],
      'INVALID_PARAMETER',
      'expected a number of seconds (up to 100) or milliseconds (above) from 0 to 600000',
    ],
    [[{ type: 'solve_captcha' }], 'UNSUPPORTED_ACTION', '`browserActions[0]`: solve_captcha is not done'],
    [
      [{ type: 'if', condition: '1', then: [{ type: 'discord_login' }] }],
      'UNSUPPORTED_ACTION',
      '`browserActions[0].then[0]`',
    ],
    [Array(501).fill({ type: 'screenshot' }), 'INVALID_PARAMETER', 'at most 500 actions'],
  ])('%j – %s, and no session is opened', async (browserActions, code, sentence) => {
    covers('action', 'solve_captcha', 'discord_login');
    const { body } = await suite.app.send({ cmd: 'request.get', session: 'none', url: origin.url, browserActions });
    expect(body).toMatchObject({ code, error: expect.stringContaining(sentence) });
    expect((await suite.app.ok({ cmd: 'sessions.active', session: 'none' })).active).toBe(false);
  });

  it('solve_captcha with ignoreErrors – is left out, and the reply says so', async () => {
    const { body } = await act([
      { type: 'solve_captcha', ignoreErrors: true },
      { type: 'execute_js', code: '1' },
    ]);
    expect(body.solution.javascriptReturn).toEqual([1]);
    expect(body.warnings[0]).toContain('solve_captcha is not done by this server, and was left out');
  });

  it('what was finished before a failure – is in the reply', async () => {
    const { body } = await act([
      { type: 'execute_js', code: '"done"' },
      { type: 'screenshot' },
      { type: 'click', cssSelector: '#never', timeout: 100 },
    ]);
    expect(body).toMatchObject({
      code: 'CODE-0027',
      partial: true,
      solution: {
        verified: false,
        statusCode: 200,
        currentUrl: `${origin.url}/actions`,
        javascriptReturn: ['done'],
        screenshots: [expect.any(String)],
      },
    });
  });

  it('the deadline of the request – rules all actions', async () => {
    covers('request', 'timeout');
    // Cut short, or the minute would outlast this test.
    const { body } = await act([{ type: 'wait', wait: 60_000 }], { timeout: 4000 });
    expect(body).toMatchObject({
      code: 'CODE-0025',
      error: expect.stringContaining('`browserActions[0]`'),
      partial: true,
    });
  });

  it('wait – fractions, digits as text, more than the request lasts – pauses, and the request succeeds', async () => {
    const mark = {
      type: 'execute_js',
      code: 'setTimeout(() => { window.late = true }, 300); 1',
      dontReturnValue: true,
    };
    // As seconds the last two would end the request; as milliseconds they are short.
    const actions = [mark, { type: 'wait', wait: '0.5' }, { type: 'execute_js', code: 'window.late === true' }];
    const long = [
      { type: 'wait', wait: 60 },
      { type: 'click', cssSelector: '#button', wait: 99.5 },
    ];
    const { body } = await act([...actions, ...long], { timeout: 20_000 });
    expect(body).toMatchObject({ data: 'success', solution: { javascriptReturn: [true] } });
  });

  it.each([
    [{ type: 'execute_js', code: 'new Promise(() => {})' }],
    [{ type: 'goto', url: '/hang' }],
    [{ type: 'wait_for_load_state', waitForLoadState: 'networkidle' }],
  ])('%j – its timeout bounds it, and the next action runs', async (action) => {
    const bounded = {
      ...action,
      ...('url' in action ? { url: `${origin.url}${action.url}` } : {}),
      timeout: 300,
      ignoreErrors: true,
    };
    // By itself it would take all of the request's time.
    const { body } = await act([bounded, { type: 'execute_js', code: '"next"' }], { timeout: 20_000 });
    expect(body).toMatchObject({ data: 'success' });
    expect(body.solution.javascriptReturn.at(-1)).toBe('next');
  });

  it('a caller that goes in the middle of an action – nothing of it happens to the next request', async () => {
    const session = 'abandoned';
    const caller = new AbortController();
    const gone = suite.app
      .send(
        {
          cmd: 'request.get',
          session,
          url: `${origin.url}/`,
          browserActions: [{ type: 'click', cssSelector: '#button' }],
        },
        { signal: caller.signal },
      )
      .catch(() => 'gone');
    await expect.poll(() => suite.app.ok({ cmd: 'sessions.active', session }).then(({ active }) => active)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 600));
    caller.abort();
    expect(await gone).toBe('gone');
    const reply = await suite.app.ok({
      cmd: 'request.get',
      session,
      url: `${origin.url}/actions`,
      browserActions: [
        { type: 'wait', wait: 700 },
        { type: 'execute_js', code: "document.querySelector('#log').textContent" },
      ],
    });
    expect(reply.solution.javascriptReturn).toEqual(['']);
  });

  it('execute_js – runs once, whatever it throws; what JSON cannot hold is said as well as it can be', async () => {
    const before = origin.count('/text');
    const { body } = await act([
      { type: 'execute_js', code: 'fetch("/text", {method: "POST"}).then((r) => r.json())' },
    ]);
    expect(body.code).toBe('INVALID_PARAMETER');
    expect(origin.count('/text') - before).toBe(1);
    expect(await value([], '10n')).toBe('10');
    const loop = await act([{ type: 'execute_js', code: 'const a = {}; a.a = a; return a' }]);
    expect(loop.body.data).toBe('success');
  });

  it('type – follows the focus that the page hands on; a long text does not take for ever', async () => {
    const digits = [...Array(3).keys()]
      .map((i) => `<input id="d${i}" maxlength="1" oninput="this.nextSibling?.focus()">`)
      .join('');
    const setUp = { type: 'execute_js', code: `document.body.insertAdjacentHTML('afterbegin', '<p>${digits}</p>')` };
    const read = '[...document.querySelectorAll("p input")].map((input) => input.value)';
    expect(await value([setUp, { type: 'type', cssSelector: '#d0', text: '123' }], read)).toEqual(['1', '2', '3']);
    const long = 'x'.repeat(3000);
    const length = 'document.querySelector("#text").value.length';
    expect(
      await value(
        [
          { type: 'keyboard', value: 'clear', cssSelector: '#text' },
          { type: 'type', cssSelector: '#text', text: long, timeout: 8000 },
        ],
        length,
      ),
    ).toBe(3000);
  });

  it.each(['/file', '/empty'])('click – a link to %s – goes on at once, on the page', async (path) => {
    const setUp = {
      type: 'execute_js',
      code: `const a = document.createElement('a'); a.id = 'go'; a.href = '${path}'; a.textContent = 'go'; document.body.prepend(a)`,
    };
    // One that waited for a page would have used up the request's time.
    const actions = [setUp, { type: 'click', cssSelector: '#go' }, { type: 'execute_js', code: 'document.title' }];
    const { body } = await act(actions, { timeout: 20_000 });
    expect(body).toMatchObject({ data: 'success' });
    expect(body.solution.javascriptReturn.at(-1)).toBe('Actions');
  });

  it('switch_iframe, then goto – later actions act on the new page', async () => {
    const actions = [
      { type: 'switch_iframe', cssSelector: '#frame' },
      { type: 'goto', url: `${origin.url}/missing` },
    ];
    expect(await value(actions, 'document.title')).toBe('Missing');
  });
});
