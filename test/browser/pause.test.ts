import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { EngineSuite } from '../support/engine-suite.js';
import { suiteEngine as engine, suiteName } from '../support/suite-engines.js';

/** What asks the site for something again and again, with what it asks for; and what counts in the page. */
const activity = `
  globalThis.n = 0;
  globalThis.drawn = 0;
  setInterval(() => { n += 1; }, 20);
  const draw = () => { drawn += 1; requestAnimationFrame(draw); };
  draw();
  // One after another: a slow browser must not drown in them.
  const asking = (name) =>
    '(function ask() { fetch("' + location.origin + '/echo?' + name + '").finally(() => setTimeout(ask, 20)); })()';
  setTimeout(asking('timer'));
  new Worker(URL.createObjectURL(new Blob([asking('worker')], { type: 'text/javascript' })));
  open('/').setTimeout(asking('popup'), 20);
  document.body.appendChild(document.createElement('iframe')).contentWindow.setTimeout(asking('frame'), 20);
  return true;`;
const callers = ['timer', 'worker', 'popup', 'frame'];

describe.skipIf(engine.skip !== undefined)(`pause on ${suiteName(engine)}`, () => {
  const suite = new EngineSuite(engine, { session: 'busy', settings: { MOORING_PAUSE_AFTER: '300ms' } });
  const { origin } = suite;
  const pauses = engine.name !== 'firefox';

  const counts = (): number[] => callers.map((name) => origin.count(`/echo?${name}`));
  const stateOf = async (session: string): Promise<string> => {
    const { sessions } = await suite.app.ok({ cmd: 'sessions.list' });
    return sessions.find((row: { session: string }) => row.session === session)?.state;
  };
  const run = async (session: string, code: string): Promise<unknown> => {
    const browserActions = [{ type: 'execute_js', code }];
    const { solution } = await suite.app.ok({ cmd: 'request.get', session, keepSamePage: true, browserActions });
    return solution.javascriptReturn[0];
  };
  /** Whether something was asked for while nobody used the session. */
  const isActive = async (): Promise<boolean> => {
    const before = counts();
    await sleep(700);
    return counts().some((count, i) => count > (before[i] ?? 0));
  };

  it('an idle session – stands still with its timers, workers, frames and popups, and goes on with the next request', async () => {
    await suite.get('/');
    await run('busy', activity);
    await expect.poll(() => counts().every((count) => count > 0)).toBe(true);
    if (!pauses) {
      await sleep(500);
      expect(await stateOf('busy')).toBe('open');
      expect(await isActive()).toBe(true);
      await suite.app.ok({ cmd: 'sessions.destroy', session: 'busy' });
      return;
    }
    await expect.poll(() => stateOf('busy')).toBe('paused');
    await expect.poll(isActive).toBe(false); // once what was on its way has come

    const [n, drawn] = (await run('busy', '[n, drawn]')) as number[];
    expect(n).toBeGreaterThan(0);
    const [later, laterDrawn] = (await run(
      'busy',
      'new Promise((resolve) => setTimeout(() => resolve([n, drawn]), 250))',
    )) as number[];
    expect(later).toBeGreaterThan(n ?? 0);
    expect(laterDrawn).toBeGreaterThan(drawn ?? 0);
    expect((await suite.get('/echo')).solution.statusCode).toBe(200);
  });

  it('requests while a page is just being paused – are answered each', async () => {
    await suite.get('/', { session: 'edge' });
    for (let i = 0; i < 12; i++) {
      await sleep(285 + 3 * i);
      expect(await run('edge', 'new Promise((resolve) => requestAnimationFrame(() => resolve(1)))')).toBe(1);
    }
  });

  if (pauses)
    it('a popup whose answer comes when the page stands still already – stands still too; so does a page on its way', async () => {
      await suite.get('/', { session: 'opens' });
      const before = origin.count('/echo?late');
      await run('opens', `open('/late-ticker'); true`);
      await expect.poll(() => stateOf('opens')).toBe('paused');
      await sleep(1500);
      const grows = async (): Promise<boolean> => {
        const counted = origin.count('/echo?late');
        await sleep(700);
        return origin.count('/echo?late') > counted;
      };
      await expect.poll(grows).toBe(false); // once what was on its way has come
      await run('opens', 'new Promise((resolve) => setTimeout(() => resolve(true), 200))');
      await expect.poll(() => origin.count('/echo?late')).toBeGreaterThan(before);

      await suite.get('/', { session: 'leaves' });
      await run('leaves', `setTimeout(() => { location.href = '/late-ticker'; }, 100); true`);
      await expect.poll(() => stateOf('leaves')).toBe('paused');
      expect((await suite.get('/', { session: 'leaves' })).solution.statusCode).toBe(200);
    });

  it('keepRunning – goes on running; on a session that is open it has no effect, which is told', async () => {
    covers('create', 'keepRunning');
    covers('request', 'keepRunning');
    await suite.app.ok({ cmd: 'sessions.create', session: 'runs', keepRunning: true });
    await suite.get('/', { session: 'runs' });
    await run('runs', activity);
    await sleep(600);
    expect(await stateOf('runs')).toBe('open');
    expect(await isActive()).toBe(true);
    await suite.app.ok({ cmd: 'sessions.destroy', session: 'runs' });

    await suite.get('/', { session: 'by-request', keepRunning: true });
    await sleep(600);
    expect(await stateOf('by-request')).toBe('open');
    await suite.get('/', { session: 'edge' });
    const { warnings } = await suite.get('/', { session: 'edge', keepRunning: true });
    expect(warnings.join(' ')).toContain('`keepRunning`: no effect on a session that is open');
    expect(
      await suite.app.fails('SESSION_EXISTS', { cmd: 'sessions.create', session: 'edge', keepRunning: true }),
    ).toContain('keepRunning');
  });
});
