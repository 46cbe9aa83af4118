import { describe, expect, it } from 'vitest';
import type { AnyJson } from '../support/any-json.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

type Event = AnyJson;

describe.skipIf(engine.skip !== undefined)(suiteName(engine), () => {
  const suite = new EngineSuite(engine, { session: 'told' });
  const { origin, get } = suite;
  const isChromium = engine.name.startsWith('chromium');

  const eventsOf = async (session: string): Promise<Event[]> =>
    (await suite.app.ok({ cmd: 'sessions.events', session })).events;
  /** What these kinds say, without number and time. */
  const said = (events: Event[], ...kinds: string[]): object[] =>
    events
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ sequence: _sequence, at: _at, elapsedMs: _elapsed, ...rest }) => rest);

  it('a job – what it did and what the page did besides, in order', async () => {
    const session = 'job';
    await get('/', { session, browserActions: [{ type: 'goto', url: `${origin.url}/files-page` }] });
    await get('/', {
      session,
      keepSamePage: true,
      browserActions: [
        { type: 'click', cssSelector: '#file' },
        { type: 'wait', wait: 300 },
        { type: 'type', cssSelector: '#nothing', text: 'secret', timeout: 200, ignoreErrors: true },
      ],
    });
    await get('/dialogs', { session });
    const events = await eventsOf(session);
    const { url } = origin;
    expect(said(events, 'navigation')).toEqual([
      { kind: 'navigation', url: `${url}/`, by: 'command', statusCode: 200 },
      { kind: 'navigation', url: `${url}/files-page`, by: 'command', statusCode: 200 },
      { kind: 'navigation', url: `${url}/dialogs`, by: 'command', statusCode: 200 },
    ]);
    expect(said(events, 'action')).toMatchObject([
      { action: 'goto', outcome: 'success' },
      { action: 'click', selector: '#file', outcome: 'success' },
      { action: 'wait', outcome: 'success' },
      { action: 'type', selector: '#nothing', outcome: 'CODE-0027' },
    ]);
    expect(said(events, 'download')).toMatchObject([{ url: `${url}/file` }]);
    expect(said(events, 'dialog')).toEqual([
      { kind: 'dialog', type: 'alert', message: 'hello' },
      { kind: 'dialog', type: 'confirm', message: 'sure?' },
      { kind: 'dialog', type: 'prompt', message: 'name?' },
    ]);
    expect(said(events, 'command')).toMatchObject([
      { command: 'request.get', url: `${url}/`, outcome: 'success' },
      { command: 'request.get', outcome: 'success' },
      { command: 'request.get', url: `${url}/dialogs`, outcome: 'success' },
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('where the page goes by itself – also when nobody asks for it', async () => {
    const session = 'wanders';
    const code = `setTimeout(() => { location.href = '/text' }, 500)`;
    await get('/', { session, browserActions: [{ type: 'execute_js', code, dontReturnValue: true }] });
    await expect
      .poll(async () => said(await eventsOf(session), 'navigation').at(-1))
      .toEqual({ kind: 'navigation', url: `${origin.url}/text`, by: 'page', statusCode: 200 });
  });

  it('what the rules refuse – the host and why', async () => {
    const session = 'refused';
    const code = `fetch('http://blocked.example/').catch(() => {}).then(() => 1)`;
    const { solution } = await get('/', {
      session,
      blackListedDomains: ['blocked.example'],
      browserActions: [{ type: 'execute_js', code }],
    });
    expect(solution.blocked).toMatchObject([{ host: 'blocked.example' }]);
    expect(said(await eventsOf(session), 'refusal')).toContainEqual({
      kind: 'refusal',
      host: 'blocked.example',
      reason: 'DOMAIN_NOT_ALLOWED',
    });
  });

  if (isChromium) {
    it('a page that logs and throws without end – a few are told, the rest counted', async () => {
      const session = 'noisy';
      const code = `for (let i = 0; i < 20000; i++) console.error('bad ' + i, { i });
        setTimeout(() => { throw new Error('thrown') }, 0); new Promise((done) => setTimeout(done, 50))`;
      await get('/', { session, browserActions: [{ type: 'execute_js', code, dontReturnValue: true }] });
      const counted = async (): Promise<number> => {
        const told = (await eventsOf(session)).filter(({ kind, of }) => kind === 'console' || of === 'console');
        return told.reduce((sum, { count = 1 }) => sum + count, 0);
      };
      await expect.poll(counted).toBe(20_001);
      const events = await eventsOf(session);
      expect(said(events, 'console')).toContainEqual({ kind: 'console', source: 'console', text: 'bad 0 Object' });
      expect(events.length).toBeLessThan(200);
      expect(said(events, 'created', 'command')).toHaveLength(2);
    });
  }

  it('a page that closes itself – is told, if it can', async () => {
    const session = 'closes';
    await suite.app.send(
      suite.body('/closes-itself', { session, browserActions: [{ type: 'wait', wait: 500 }], timeout: 8000 }),
    );
    const { outcome } = (await eventsOf(session)).findLast(({ kind }) => kind === 'command');
    const crashes = said(await eventsOf(session), 'crash');
    if (outcome === 'CODE-0026') expect(crashes).toEqual([{ kind: 'crash', reason: 'the page closed itself' }]);
    else expect(crashes).toEqual([]);
  });
});
