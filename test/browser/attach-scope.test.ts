import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Attaching, type RawClient } from '../support/attaching.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

const foreignId = 'A'.repeat(32);

/** Commands that reach beyond the session, sent to the browser as a whole. */
const refusedOfBrowser: Record<string, Record<string, unknown>> = {
  'Browser.crash': {},
  'Browser.crashGpuProcess': {},
  'Browser.getBrowserCommandLine': {},
  'Browser.getHistograms': {},
  'Browser.executeBrowserCommand': { commandId: 'openTabSearch' },
  'Browser.addPrivacySandboxEnrollmentOverride': { url: 'https://a.example' },
  'Browser.setDockTile': { badgeLabel: 'x' },
  'Browser.getWindowBounds': { windowId: 1 },
  'Extensions.loadUnpacked': { path: '/tmp' },
  'FileSystem.getDirectory': {},
  'IO.read': { handle: '1' },
  'Memory.getAllTimeSamplingProfile': {},
  'Network.getAllCookies': {},
  'PWA.install': { manifestId: 'https://a.example' },
  'Page.navigate': { url: 'about:blank' },
  'Runtime.evaluate': { expression: '1' },
  'Security.setIgnoreCertificateErrors': { ignore: true },
  'Storage.getStorageKey': {},
  'SystemInfo.getInfo': {},
  'SystemInfo.getProcessInfo': {},
  'Target.autoAttachRelated': { targetId: foreignId, waitForDebuggerOnStart: true },
  'Target.createBrowserContext': {},
  'Target.disposeBrowserContext': { browserContextId: foreignId },
  'Target.exposeDevToolsProtocol': { targetId: foreignId },
  'Target.sendMessageToTarget': { message: '{}', targetId: foreignId },
  'Target.setRemoteLocations': { locations: [{ host: '127.0.0.1', port: 1 }] },
  'Tethering.bind': { port: 9999 },
  'Tracing.start': {},
  'Tracing.requestMemoryDump': {},
  'No.such': {},
  toString: {},
};

/** The same sent to a page. */
const refusedOfPage: Record<string, Record<string, unknown>> = {
  'Browser.crash': {},
  'DOM.getFileInfo': { objectId: '1' },
  'Emulation.setVirtualTimePolicy': { policy: 'pause' },
  'HeapProfiler.takeHeapSnapshot': {},
  'Memory.simulatePressureNotification': { level: 'critical' },
  'Page.crash': {},
  'Page.setWebLifecycleState': { state: 'frozen' },
  'Page.waitForDebugger': {},
  'SystemInfo.getInfo': {},
  'Target.attachToTarget': { targetId: foreignId, flatten: true },
  'Target.createTarget': { url: 'about:blank' },
  'Target.getTargets': {},
  'Target.setDiscoverTargets': { discover: true },
  'Tracing.start': {},
  'No.such': {},
  toString: {},
};

const files = ['file:///etc/passwd', 'FILE:///etc/passwd', ' file:///etc/passwd', 'view-source:file:///etc/passwd'];

describe(`What an attached client reaches on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'attached' });
  const { origin } = suite;
  const clients = new Attaching(() => suite.app);
  let session = '';
  beforeEach(() => {
    session = randomUUID();
  });
  afterEach(async () => {
    await clients.end();
    await suite.app.ok({ cmd: 'sessions.destroy', session });
  });
  const refusal = async (client: RawClient, ...asked: Parameters<RawClient['ask']>): Promise<string> =>
    (await client.ask(...asked)).error?.message ?? `${asked[0]} was answered`;
  const evaluate = async (client: RawClient, page: string, expression: string): Promise<unknown> =>
    (await client.ok('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, page)).result.value;

  it.each(Object.entries(refusedOfBrowser))('%s – is refused', async (method, params) => {
    const client = await clients.raw(session);
    expect(await refusal(client, method, params)).toContain('not allowed');
    expect(await client.ok('Browser.getVersion')).toMatchObject({ protocolVersion: '1.3' });
  });

  it('commands that reach beyond a page – are refused on its session', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    for (const [method, params] of Object.entries(refusedOfPage))
      expect(await refusal(client, method, params, page)).toContain('not allowed');
    expect(await evaluate(client, page, '6 * 7')).toBe(42);
  });

  it('the machine’s files – no command leads to them', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    for (const url of [...files, 'chrome://version', 'filesystem:http://a.example/x', 'devtools://devtools/x', 1]) {
      expect(await refusal(client, 'Page.navigate', { url }, page)).toMatch(/^expected/);
      expect(await refusal(client, 'Target.createTarget', { url })).toMatch(/^expected/);
    }
    expect(await refusal(client, 'Page.navigate', { url: 'x' }, page)).toBe('Cannot navigate to invalid URL');
    expect(await refusal(client, 'Target.createTarget', { url: 'x' })).toMatch(/^expected/);
    for (const url of files) {
      const { frameTree } = await client.ok('Page.getFrameTree', {}, page);
      const load = { frameId: frameTree.frame.id, url, options: { disableCache: true, includeCredentials: false } };
      expect(await refusal(client, 'Network.loadNetworkResource', load, page)).toMatch(/^expected/);
      expect(await refusal(client, 'Fetch.continueRequest', { requestId: '1', url }, page)).toMatch(/^expected/);
    }
    const drag = { type: 'drop', x: 1, y: 1, data: { items: [], dragOperationsMask: 1, files: ['/etc/passwd'] } };
    expect(await refusal(client, 'Input.dispatchDragEvent', drag, page)).toContain('out of reach');
    const chosen = { files: ['/etc/passwd'], objectId: '1' };
    expect(await refusal(client, 'DOM.setFileInputFiles', chosen, page)).toContain('out of reach');
  });

  it('the machine’s files – no script of a page, and no world that may do more, gets at them', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    await client.ok('Page.enable', {}, page);
    const { frameTree } = await client.ok('Page.getFrameTree', {}, page);
    const tries = [
      'location.href = "file:///etc/passwd"; 0',
      'document.body.append(Object.assign(document.createElement("iframe"), { src: "file:///etc/passwd" })); 0',
      'open("file:///etc/passwd"); 0',
      'fetch("file:///etc/passwd").then((it) => it.text(), () => "no")',
    ];
    for (const start of ['about:blank', `${origin.url}/`, 'data:text/html,<body>x'])
      for (const expression of tries) {
        await client.ok('Page.navigate', { url: start }, page);
        const world = { frameId: frameTree.frame.id, worldName: 'more', grantUniveralAccess: true };
        await expect
          .poll(() => client.ask('Page.createIsolatedWorld', world, page).then(({ error }) => error))
          .toBeUndefined();
        const { executionContextId: contextId } = await client.ok('Page.createIsolatedWorld', world, page);
        await client.ask('Runtime.evaluate', { expression, contextId, awaitPromise: true }, page);
        await client.ask('Runtime.evaluate', { expression, awaitPromise: true }, page);
        const { targetInfos } = await client.ok('Target.getTargets');
        for (const { url } of targetInfos) expect(url).not.toMatch(/^file:/);
        const tree = await client.ok('Page.getFrameTree', {}, page);
        expect(JSON.stringify(tree)).not.toContain('"url":"file:');
      }
  });

  it('an answer that a client makes up – redirects to no file', async () => {
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    await client.ok('Fetch.enable', {}, page);
    const navigating = client.ask('Page.navigate', { url: `${origin.url}/text` }, page);
    await expect.poll(() => client.events.some(({ method }) => method === 'Fetch.requestPaused')).toBe(true);
    const requestId = client.events.find(({ method }) => method === 'Fetch.requestPaused')?.params?.requestId;
    const responseHeaders = [{ name: 'location', value: 'file:///etc/passwd' }];
    await client.ask('Fetch.fulfillRequest', { requestId, responseCode: 302, responseHeaders }, page);
    expect((await navigating).result?.errorText ?? 'loaded').toContain('net::');
    await client.ok('Fetch.disable', {}, page);
    expect(await evaluate(client, page, 'document.documentElement.innerText')).not.toContain('root:');
  });

  it('targets, sessions and contexts of others – are not there, however well they are guessed', async () => {
    const other = randomUUID();
    const [mine, theirs] = [await clients.raw(session), await clients.raw(other)];
    const theirPage = await theirs.attachToPage();
    await theirs.ok('Page.navigate', { url: `${origin.url}/?theirs` }, theirPage);
    const { targetInfos } = await theirs.ok('Target.getTargets');
    const { targetId, browserContextId } = targetInfos[0];
    await mine.ok('Target.setDiscoverTargets', { discover: true, filter: [{}] });
    await mine.ok('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });

    for (const method of ['attachToTarget', 'closeTarget', 'activateTarget', 'getTargetInfo'])
      expect(await refusal(mine, `Target.${method}`, { targetId, flatten: true })).toContain('No target');
    expect(await refusal(mine, 'Target.detachFromTarget', { sessionId: theirPage })).toContain('No session');
    expect(await refusal(mine, 'Runtime.evaluate', { expression: '1' }, theirPage)).toContain('Session with given id');
    const inContext = { url: 'about:blank', browserContextId, permissions: ['geolocation'], cookies: [] };
    for (const method of [
      'Target.createTarget',
      'Storage.getCookies',
      'Storage.setCookies',
      'Storage.clearCookies',
      'Browser.grantPermissions',
      'Browser.resetPermissions',
      'Browser.setDownloadBehavior',
    ])
      expect(await refusal(mine, method, inContext)).toContain('`browserContextId`');
    const page = await mine.attachToPage();
    expect(await refusal(mine, 'Target.detachFromTarget', { sessionId: theirPage }, page)).toContain('No session');
    expect(await refusal(mine, 'Target.getTargetInfo', { targetId }, page)).toContain('No target');
    expect(await refusal(mine, 'Storage.getCookies', { browserContextId }, page)).toContain('`browserContextId`');

    // And what happens there is not told.
    const before = mine.events.length;
    const { targetId: newTab } = await theirs.ok('Target.createTarget', { url: `${origin.url}/?new` });
    await theirs.ok('Target.closeTarget', { targetId: newTab });
    expect(await evaluate(theirs, theirPage, 'location.search')).toBe('?theirs');
    await mine.ok('Browser.getVersion');
    expect(mine.events.slice(before)).toEqual([]);
    await theirs.close();
    await suite.app.ok({ cmd: 'sessions.destroy', session: other });
  });

  it('messages that are no commands – are answered as such, and cost nothing', async () => {
    const client = await clients.raw(session);
    const answers = [
      ['', -32700],
      ['garbage', -32700],
      ['[]', -32600],
      ['null', -32600],
      ['{}', -32600],
      ['{"id":"1","method":"Browser.getVersion"}', -32600],
      ['{"id":1.5,"method":"Browser.getVersion"}', -32600],
      ['{"id":1e99,"method":"Browser.getVersion"}', -32600],
      ['{"id":9000,"method":7}', -32600],
      ['{"id":9000,"method":"Browser.getVersion","params":[]}', -32600],
      ['{"id":9000,"method":"Browser.getVersion","sessionId":{}}', -32600],
      ['{"id":9000,"method":"Browser.getVersion","sessionId":"x"}', -32001],
    ] as const;
    for (const [text, code] of answers) {
      const before = client.events.length;
      client.socket.send(text);
      await expect.poll(() => client.events.length).toBe(before + 1);
      expect(client.events.at(-1)?.error?.code).toBe(code);
    }
    client.socket.send(Buffer.from([0, 159, 146, 150]));
    expect(await client.ok('Browser.getVersion')).toBeTruthy();
  });

  it('any messages – leave the session and the other sessions as they were', async () => {
    await suite.get('/', { session: 'bystander' });
    const client = await clients.raw(session);
    const page = await client.attachToPage();
    const domains = ['Target', 'Browser', 'Storage', 'Page', 'Network', 'Fetch', 'IO', 'Emulation', 'Input', 'DOM'];
    const methods = [
      'enable',
      'getTargets',
      'attachToTarget',
      'setAutoAttach',
      'navigate',
      'setCookies',
      'read',
      'constructor',
    ];
    const value = fc.oneof(
      fc.constantFrom<unknown>(page, foreignId, '', true, -1, 2 ** 40, null, 'file:///etc/passwd', [], {}),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const names = [
      'targetId',
      'sessionId',
      'browserContextId',
      'url',
      'filter',
      'flatten',
      'autoAttach',
      'headers',
      'data',
      'files',
    ];
    const message = fc.record(
      {
        id: fc.oneof(fc.integer(), value),
        method: fc.oneof(
          fc.tuple(fc.constantFrom(...domains), fc.constantFrom(...methods)).map((parts) => parts.join('.')),
          fc.string(),
        ),
        params: fc.oneof(fc.dictionary(fc.constantFrom(...names), value), value),
        sessionId: fc.oneof({ weight: 2, arbitrary: fc.constant(page) }, value),
      },
      { requiredKeys: ['id'] },
    );
    for (const one of fc.sample(
      fc.oneof(
        message.map((it) => JSON.stringify(it)),
        fc.string(),
      ),
      { numRuns: 2000, seed: 13 },
    ))
      client.socket.send(one);
    expect(await client.ok('Browser.getVersion')).toBeTruthy();
    await client.close();
    expect((await suite.get('/', { session })).solution.statusCode).toBe(200);
    expect(
      (await suite.app.ok({ cmd: 'request.get', session: 'bystander', keepSamePage: true })).solution.innerText,
    ).toContain('Welcome');
  });
});
