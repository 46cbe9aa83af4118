import { describe, expect, it } from 'vitest';
import { combinationsOf } from '../../src/identity/browser-matrix.js';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { browserProcesses, rendererProcesses } from '../support/processes.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

/** Every browser on every system and device, at both ends of its versions. */
const possible = combinationsOf({ device: ['desktop', 'mobile'] }, {}).flatMap(
  ({ browser, operatingSystem, device, minVersion, maxVersion }) =>
    [minVersion, maxVersion].map((version) => [browser, operatingSystem, device, version] as const),
);

/** What follows from a user agent. */
const agentParts = new Set(['userAgent', 'user-agent', 'appVersion', 'platform', 'sec-ch-ua', 'sec-ch-ua-platform']);

/** What no engine can be of another browser or system, and says so: abilities, not what is overridden. */
const abilities = new Set(['accept', 'sec-fetch-dest', 'deviceMemory', 'plugins', 'window.chrome', 'graphics']);

describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const { name: engineName, create } = engine;
  const isFirefox = engineName === 'firefox';
  /** What this engine would be asked for. */
  const matrix = possible.filter(([name, system, device], i) => {
    const isNewest = i % 2 === 1;
    // Each is a process of its own there, which takes ten seconds on a slow machine.
    if (isFirefox) return name === 'firefox' && device === 'desktop' && (isNewest || system === 'windows');
    // The whole browser presents in the same way as the shell: the newest, and of the others one each, are enough there.
    return (
      engineName !== 'chromium full' || (isNewest && (name === 'chrome' || system === 'macos' || system === 'ios'))
    );
  });
  const own = isFirefox ? 'firefox' : 'chrome';
  const suite = new EngineSuite(engine, { session: 'identity', maxProcesses: 4 });
  const { origin } = suite;

  async function check(session: string, wish: Record<string, unknown>) {
    const { fingerprint } = await suite.app.ok({ cmd: 'sessions.create', session, ...wish });
    const reply = await suite.app.ok({ cmd: 'sessions.identity', session });
    return { fingerprint, reply };
  }

  /** What the reply's warnings do not name is no contradiction. */
  function expectTold({
    contradictions,
    fingerprint,
  }: {
    contradictions: { where: string }[];
    fingerprint: { warnings: string[] };
  }) {
    const untold = contradictions.filter(
      ({ where }) => !(isFirefox ? /service|\/shared-worker/i : /headers \/service-worker/).test(where),
    );
    expect(untold).toEqual([]);
    if (contradictions.length > 0) expect(fingerprint.warnings.join(' ')).toContain('service workers');
  }

  const expectOnlyAbilities = ({ contradictions }: { contradictions: { what: string }[] }) =>
    expect(contradictions.filter(({ what }) => !abilities.has(what))).toEqual([]);

  it('no wish – the engine as it is: no contradiction, nothing to be told', async () => {
    covers('command', 'sessions.identity');
    const { fingerprint, reply } = await check('native', {});
    expect(reply.contradictions).toEqual([]);
    expect(fingerprint.warnings).toEqual([]);
    expect(fingerprint.engine.name).toBe(engineName.split(' ')[0]);
    expect(fingerprint.timezone).toBe(reply.reports.contexts.page.timezone);
    expect(JSON.stringify(reply.reports)).not.toMatch(/headless/i);
  });

  it.each(matrix)(
    '%s on %s, %s, %i – no contradiction in headers, page, frame, popup and workers, but for abilities',
    async (name, system, device, version) => {
      covers('create', 'browser', 'operatingSystem', 'device');
      const session = `${name}-${system}-${version}`;
      const wish = { browser: [{ name, minVersion: version, maxVersion: version }], operatingSystem: system, device };
      const { fingerprint, reply } = await check(session, wish);
      expect(fingerprint).toMatchObject({ browser: { name, version }, operatingSystem: system, device });
      const found: { where: string; what: string }[] = reply.contradictions;
      // On a busy machine a process may not start in time, and another one is shared.
      const isShared = fingerprint.warnings.join(' ').includes('process is shared');
      const isTold = ({ where, what }: (typeof found)[number]): boolean =>
        abilities.has(what) || (isShared && /worker/i.test(where) && agentParts.has(what));
      expect(found.filter((one) => !isTold(one))).toEqual([]);
      const whats = new Set(found.map(({ what }) => what));
      const { page } = reply.reports.contexts;
      const isForeign = !isFirefox && name !== 'chrome';
      if (isForeign) expect(found).toContainEqual(expect.objectContaining({ where: 'headers /', what: 'accept' }));
      if (isForeign || system === 'ios') expect(fingerprint.warnings.join(' ')).toContain('`accept`');
      if (name === 'chrome' && system === 'android') expect(whats.has('deviceMemory')).toBe(page.deviceMemory > 8);
      if (name === 'chrome' && device === 'desktop') {
        expect(whats.has('plugins')).toBe(engineName === 'chromium shell');
        expect(whats.has('window.chrome')).toBe(engineName === 'chromium shell');
      }
      expect(whats.has('graphics')).toBe(system !== 'linux');
      expect(fingerprint.webdriver).toBe(page.webdriver);
      expect(Object.keys(reply.reports.contexts)).toHaveLength(6);
      expect(Object.keys(reply.reports.headers)).toContain('/popup');
      await suite.app.ok({ cmd: 'sessions.destroy', session });
    },
  );

  it('locales, timezone – everywhere too', async () => {
    covers('create', 'locales', 'timezone');
    const { reply } = await check('place', { locales: ['de-DE', 'de'], timezone: 'Asia/Tokyo' });
    expectTold(reply);
    const { page, worker } = reply.reports.contexts;
    expect([page.timezone, page.locale, worker.timezone]).toEqual(['Asia/Tokyo', 'de-DE', 'Asia/Tokyo']);
    expect(reply.reports.headers['/']['accept-language']).toMatch(isFirefox ? /^de-DE$/ : /^de-DE,de;q=0\.\d/);
  });

  it('proxyCountry beside a proxy – language and time zone follow it; setLocale: false does not', async () => {
    covers('create', 'proxyCountry', 'setLocale');
    const proxy = new TestProxy({ kind: 'http' });
    await proxy.start();
    try {
      const exit = { proxy: proxy.url(), proxyCountry: 'Germany' };
      const follows = await check('follows', exit);
      const languages = isFirefox ? ['de-DE'] : ['de-DE', 'de', 'en-US', 'en'];
      expect(follows.fingerprint).toMatchObject({ languages, timezone: 'Europe/Berlin' });
      expectTold(follows.reply);
      const stays = await suite.app.ok({ cmd: 'sessions.create', session: 'stays', ...exit, setLocale: 'false' });
      expect(stays.fingerprint.languages).toEqual(['en-US', 'en']);
    } finally {
      await proxy.close();
    }
  });

  it('a request that opens its session – has the identity that it asks for', async () => {
    covers('request', 'browser', 'operatingSystem', 'device', 'locales', 'timezone');
    const { solution } = await suite.app.ok({
      cmd: 'request.get',
      session: 'asked',
      url: `${origin.url}/echo`,
      browser: [{ name: own, minVersion: 140, maxVersion: 140 }],
      operatingSystem: ['windows', 'android'],
      device: isFirefox ? 'desktop' : 'mobile',
      locales: ['fr-FR'],
      timezone: 'Asia/Tokyo',
      browserActions: [
        { type: 'execute_js', code: '[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone]' },
      ],
    });
    expect(solution.javascriptReturn).toEqual([['fr-FR', 'Asia/Tokyo']]);
    const { headers } = JSON.parse(solution.innerText);
    expect(headers['user-agent']).toMatch(isFirefox ? /Windows.*Firefox\/140/ : /Android.*Chrome\/140.*Mobile/);
    expect(headers['accept-language']).toMatch(/^fr-FR/);
    await suite.app.ok({ cmd: 'sessions.destroy', session: 'asked' });
  });

  it('userAgent – of sessions.create, or of the request that opens the session – is sent and shown', async () => {
    covers('create', 'userAgent');
    covers('request', 'userAgent');
    const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64';
    const userAgent = isFirefox
      ? `${windows}; rv:140.0) Gecko/20100101 Firefox/140.0`
      : `${windows}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36`;
    await suite.app.ok({ cmd: 'sessions.create', session: 'agent-created', userAgent });
    for (const fields of [{ session: 'agent-created' }, { session: 'agent-asked', userAgent }]) {
      const { solution } = await suite.app.ok({
        cmd: 'request.get',
        ...fields,
        url: `${origin.url}/echo`,
        browserActions: [{ type: 'execute_js', code: '[navigator.userAgent, navigator.platform]' }],
      });
      expect(solution.javascriptReturn).toEqual([[userAgent, 'Win32']]);
      expect(JSON.parse(solution.innerText).headers['user-agent']).toBe(userAgent);
      await suite.app.ok({ cmd: 'sessions.destroy', session: fields.session });
    }
  });

  it('stays the same – in every request, with a page of its own, and when the session is moved', async () => {
    const wish = { browser: own, operatingSystem: 'windows' };
    const { fingerprint } = await check('steady', wish);
    const agents = new Set<string>();
    for (let i = 0; i < 25; i++) {
      const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'steady', url: `${origin.url}/echo` });
      agents.add(solution.userAgent).add(JSON.parse(solution.innerText).headers['user-agent']);
    }
    const plain = await suite.app.ok({
      cmd: 'request.get',
      session: 'steady',
      url: `${origin.url}/echo`,
      requestType: 'request',
    });
    const { headers } = JSON.parse(plain.solution.innerText);
    agents.add(headers['user-agent']);
    expect([...agents]).toEqual([fingerprint.userAgent]);
    expect(headers['sec-ch-ua-platform']).toBe(isFirefox ? undefined : '"Windows"');
    await suite.app.ok({ cmd: 'sessions.proxy', session: 'steady', noProxy: true });
    const again = await suite.app.ok({ cmd: 'sessions.identity', session: 'steady' });
    expectOnlyAbilities(again);
    expect(again.fingerprint.userAgent).toBe(fingerprint.userAgent);
    // The page that it showed is there still.
    const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'steady', keepSamePage: true });
    expect(solution.currentUrl).toBe(`${origin.url}/echo`);
  });

  if (!isFirefox && process.platform === 'linux')
    it('stays the same – when the renderer dies', async () => {
      const wish = { browser: 'chrome', operatingSystem: 'macos' };
      const { fingerprint } = await suite.app.ok({ cmd: 'sessions.create', session: 'crash', ...wish });
      await suite.app.ok({ cmd: 'request.get', session: 'crash', url: `${origin.url}/` });
      for (const id of rendererProcesses()) process.kill(id, 'SIGKILL');
      // The tab is found dead by the next request at the latest.
      await suite.app.send({ cmd: 'request.get', session: 'crash', url: `${origin.url}/` });
      const { solution } = await suite.app.ok({ cmd: 'request.get', session: 'crash', url: `${origin.url}/echo` });
      expect(JSON.parse(solution.innerText).headers['user-agent']).toBe(fingerprint.userAgent);
      expectOnlyAbilities(await suite.app.ok({ cmd: 'sessions.identity', session: 'crash' }));
    });

  it('the same ID and wish – the same identity, also in another session of that name', async () => {
    const wish = { browser: isFirefox ? own : ['chrome', 'firefox', 'safari'], device: 'desktop' };
    const first = await suite.app.ok({ cmd: 'sessions.create', session: 'again', ...wish });
    await suite.app.ok({ cmd: 'sessions.destroy', session: 'again' });
    const second = await suite.app.ok({ cmd: 'sessions.create', session: 'again', ...wish });
    expect(second.fingerprint).toEqual(first.fingerprint);
    expect((await suite.app.send({ cmd: 'sessions.create', session: 'again', browser: 'safari' })).body.code).toBe(
      'SESSION_EXISTS',
    );
  });

  it('more user agents at once than there may be processes – a process is shared, which is told; pages and headers agree', async () => {
    const small = await RunningApp.start({}, await create(2));
    const before = new Set(browserProcesses());
    try {
      const versions = [140, 141, 142, 143];
      const opened = await Promise.all(
        versions.map((version) =>
          small.ok({
            cmd: 'sessions.create',
            session: `v${version}`,
            browser: [{ name: own, minVersion: version, maxVersion: version }],
            operatingSystem: ['windows', 'macos'][version % 2],
          }),
        ),
      );
      const sharing = opened.filter(({ fingerprint }) => fingerprint.warnings.join().includes('process is shared'));
      expect(sharing).toHaveLength(2);
      expect(browserProcesses().filter((id) => !before.has(id)).length).toBeLessThanOrEqual(2);
      for (const { session, fingerprint } of opened) {
        const { solution } = await small.ok({ cmd: 'request.get', session, url: `${origin.url}/echo` });
        const { headers } = JSON.parse(solution.innerText);
        expect([solution.userAgent, headers['user-agent']]).toEqual([fingerprint.userAgent, fingerprint.userAgent]);
        expect(fingerprint.browser.version).toBe(Number(session.slice(1)));
      }
      // What the warning names, and nothing besides.
      const reply = await small.ok({ cmd: 'sessions.identity', session: sharing[0].session });
      const left = reply.contradictions.filter(({ what }: { what: string }) => agentParts.has(what));
      expect(left.length).toBeGreaterThan(0);
      expect(left.filter(({ where }: { where: string }) => !/worker/i.test(where))).toEqual([]);
    } finally {
      await small.close();
    }
  });

  it('strict – an identity that the engine is not is refused', async () => {
    const strict = await RunningApp.start({ MOORING_ENGINE_STRICT: 'on' }, await create());
    try {
      await strict.ok({ cmd: 'sessions.create', session: 'own' });
      const error = await strict.fails('IDENTITY_IMPOSSIBLE', { cmd: 'sessions.create', browser: 'safari' });
      expect(error).toContain('MOORING_ENGINE_STRICT');
      expect((await strict.send({ cmd: 'sessions.list' })).body.open).toBe(1);
    } finally {
      await strict.close();
    }
  });

  it.each([
    [{ browser: 'opera' }, 'CODE-0030', '`browser[0].name`'],
    [{ browser: 'safari', operatingSystem: 'windows' }, 'IDENTITY_IMPOSSIBLE', 'macos, ios'],
    [{ device: 'desktop', operatingSystem: ['ios'] }, 'IDENTITY_IMPOSSIBLE', 'desktop'],
    [{ browser: { name: 'chrome', minVersion: '120', maxVersion: '119' } }, 'IDENTITY_IMPOSSIBLE', 'minVersion'],
    [{ operatingSystem: 'beos' }, 'INVALID_PARAMETER', '`operatingSystem[0]`'],
    [{ device: 'fridge' }, 'INVALID_PARAMETER', '`device[0]`'],
    [{ timezone: 'Mars/Olympus' }, 'INVALID_PARAMETER', '`timezone`'],
    [{ locales: ['not a tag'] }, 'INVALID_PARAMETER', '`locales[0]`'],
    [{ userAgent: 'line\nbreak' }, 'INVALID_PARAMETER', '`userAgent`'],
  ])('%j – %s, and nothing is opened', async (wish, code, sentence) => {
    const before = (await suite.app.send({ cmd: 'sessions.list' })).body.open;
    expect(await suite.app.fails(code, { cmd: 'sessions.create', ...wish })).toContain(sentence);
    expect((await suite.app.send({ cmd: 'sessions.list' })).body.open).toBe(before);
  });

  it('sessions.identity – of a session that is not open – says so', async () => {
    expect(await suite.app.fails('SESSION_ENDED', { cmd: 'sessions.identity', session: 'nobody' })).toContain(
      'session not found',
    );
  });
});
