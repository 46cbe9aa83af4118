import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.js';
import { FakeEngine } from '../support/fake-engine.js';
import { MemorySnapshotStore } from '../support/memory-snapshot-store.js';
import { RunningApp } from '../support/start-app.js';
import { RawWatcher } from '../support/watching.js';

const key = 'a-key';
let app: RunningApp;
let engine: FakeEngine;
beforeAll(async () => {
  engine = new FakeEngine();
  app = await RunningApp.startWith({
    engine,
    settings: { MOORING_API_KEYS: key, MOORING_BODY_LIMIT: '1MB' },
    store: new MemorySnapshotStore({ limitBytes: 1e7, limitPerOwnerBytes: 1e7 }),
  });
});
afterAll(() => app.close());

describe('sessions.view', () => {
  const watchers: RawWatcher[] = [];
  let session = '';
  beforeEach(async () => {
    session = randomUUID();
  });
  afterEach(async () => {
    await Promise.all(watchers.splice(0).map((watcher) => watcher.leave()));
    await app.ok({ cmd: 'sessions.destroy', session }, { key });
  });

  const open = async (fields: Record<string, unknown> = {}): Promise<void> =>
    void (await app.ok({ cmd: 'sessions.create', session, ...fields }, { key }));
  const link = async (fields: Record<string, unknown> = {}): Promise<string> =>
    (await app.ok({ cmd: 'sessions.view', session, ...fields }, { key })).solution.viewUrl;
  const watch = async (url: string, headers: Record<string, string> = {}): Promise<RawWatcher> => {
    const watcher = await RawWatcher.open(url, headers);
    watchers.push(watcher);
    return watcher;
  };
  const stateOf = async (): Promise<string> =>
    (await app.ok({ cmd: 'sessions.list' }, { key })).sessions.find(
      (row: { session: string }) => row.session === session,
    )?.state;
  const shownPage = () => [...engine.contexts].at(-1)?.pages.at(-1)?.shown;
  /** A link, and a person who has taken the session over with it. */
  const inControl = async (): Promise<RawWatcher> => {
    const person = await watch(await link({ control: true }));
    person.send({ type: 'take' });
    await expect.poll(() => person.state?.control).toBe('yours');
    return person;
  };

  it('the link – works without a key, and leads nowhere else', async () => {
    covers('command', 'sessions.view');
    await open();
    const url = await link();
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await page.text()).not.toMatch(/https?:/);
    for (const name of ['live-view.js', 'view.js', 'view.css'])
      expect((await fetch(`${app.url}/view/${name}`)).status).toBe(200);
    expect((await fetch(`${url}x`)).status).toBe(404);
  });

  it('a page of another origin – cannot open the socket', async () => {
    await open();
    const url = await link();
    await expect(watch(url, { origin: 'http://evil.test' })).rejects.toThrow('401');
    const own = await watch(url, { origin: new URL(url).origin });
    await expect.poll(() => own.state?.session).toBe(session);
  });

  it('an unknown session – SESSION_ENDED; of another key too', async () => {
    await app.fails('SESSION_ENDED', { cmd: 'sessions.view', session }, { key });
  });

  it('fields that are none – are refused', async () => {
    await open();
    for (const ttl of [0, 1.5, 'soon', 10_000_000])
      expect(await app.fails('INVALID_PARAMETER', { cmd: 'sessions.view', session, ttl }, { key })).toContain('`ttl`');
    expect(await app.fails('INVALID_PARAMETER', { cmd: 'sessions.view', session, control: 2 }, { key })).toContain(
      '`control`',
    );
  });

  it('its time is over – the watcher is told, and the link is no more', async () => {
    await open();
    const url = await link({ ttl: 1 });
    const watcher = await watch(url);
    expect(await watcher.closed).toBe(1000);
    expect(watcher.told.at(-1)).toMatchObject({ type: 'over', text: expect.stringContaining('time of this link') });
    expect((await fetch(url)).status).toBe(404);
  });

  it('a session without a page – is shown when it has one, and input does what it says', async () => {
    await open();
    const person = await watch(await link({ control: true }));
    await expect.poll(() => person.state?.state).toBe('blank');
    person.send({ type: 'take' });
    await expect.poll(() => person.state?.control).toBe('yours');
    await expect.poll(() => person.pictures.length).toBe(1);
    expect(await stateOf()).toBe('attached');
    const shown = shownPage();
    for (const [action, y, clicks] of [
      ['down', 0.5, 1],
      ['up', 1, 1],
      ['down', 0.9, 2],
      ['up', 0.9, 2],
    ] as const)
      person.send({ type: 'mouse', action, x: 0.5, y, clicks });
    person.send({ type: 'wheel', x: 0, y: 0, dx: 0, dy: 119.6 });
    for (const pressed of ['a', 'é', 'F12', 'Enter']) person.send({ type: 'key', action: 'down', key: pressed });
    person.send({ type: 'key', action: 'down', key: 'Control' });
    for (const pressed of ['l', 't', 'w', 'v', 'a']) person.send({ type: 'key', action: 'down', key: pressed });
    person.send({ type: 'text', text: 'pasted' });
    await expect
      .poll(() => shown?.inputs)
      .toEqual([
        ...[
          'move 500 250',
          'press left 1',
          'move 500 499',
          'release left 1',
          'press left 2',
          'release left 2',
          'move 0 0',
          'wheel 0 120',
        ],
        ...['down a', 'text é', 'down Enter', 'down Control', 'down a', 'text pasted'],
      ]);
    person.send({ type: 'give' });
    await expect.poll(stateOf).toBe('open');
    expect(shown?.inputs.at(-1)).toBe('released');
  });

  it('an address – must be of the web, and one that a session may go to', async () => {
    await open({ blackListedDomains: ['blocked.test'], whitelistedDomains: [] });
    const person = await inControl();
    for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'data:text/html,x', 'http://169.254.169.254/'])
      person.send({ type: 'address', url });
    person.send({ type: 'address', url: 'blocked.test' });
    await expect.poll(() => person.notices.length).toBe(5);
    expect(person.notices.slice(0, 3).every((text) => /INVALID_PARAMETER/.test(String(text)))).toBe(true);
    expect(person.notices[3]).toContain('DESTINATION_FORBIDDEN');
    expect(person.notices[4]).toContain('DOMAIN_NOT_ALLOWED');
    person.send({ type: 'address', url: 'example.test:8080/x' });
    await expect.poll(() => shownPage()?.inputs).toContain('go to https://example.test:8080/x');
  });

  it('files – come by content, with a name that is no path, and no more than the limit', async () => {
    await open();
    const person = await inControl();
    const files = [
      { name: '../../etc/a.txt', type: '', size: 5 },
      { name: 'b', type: 'text/plain', size: 3 },
    ];
    person.send({ type: 'files', id: '1', files });
    person.send(Buffer.from('first'));
    person.send(Buffer.from('two'));
    const inputs = () => shownPage()?.inputs;
    await expect.poll(inputs).toContain('files 1 .._.._etc_a.txt=first b=two');
    person.send({ type: 'files', id: '2', files: [{ name: 'c', type: '', size: 1024 ** 2 + 1 }] });
    await expect.poll(() => person.notices.join()).toContain('too large');
    await expect.poll(inputs).toContain('files 2');
    person.send({ type: 'files', id: '3', files: [{ name: 'd', type: '', size: 1 }] });
    person.send(Buffer.from('more'));
    expect(await person.closed).toBe(1008);
  });

  it('a link without control – sends no input', async () => {
    await open();
    const watcher = await watch(await link());
    watcher.send({ type: 'take' });
    watcher.send({ type: 'mouse', action: 'down', x: 0, y: 0 });
    await expect.poll(() => watcher.notices).toEqual(Array(2).fill('This link only lets you watch.'));
    expect(await stateOf()).toBe('open');
    expect(watcher.state).toMatchObject({ control: 'free', mayControl: false });
  });

  it('one controls – others see it, and have their turn when that one is gone', async () => {
    await open();
    const first = await inControl();
    const second = await watch(await link({ control: true }));
    await expect.poll(() => second.state?.control).toBe('others');
    second.send({ type: 'take' });
    await expect.poll(() => second.notices.length).toBe(1);
    first.socket.terminate();
    await expect.poll(() => second.state?.control).toBe('free');
    second.send({ type: 'take' });
    await expect.poll(() => second.state?.control).toBe('yours');
  });

  it('a session that sleeps – is shown so, and wakes for who takes control', async () => {
    await open({ persist: true, session_ttl: 1 });
    const person = await watch(await link({ control: true }));
    await expect.poll(() => person.state?.state).toBe('asleep');
    const again = await watch(await link());
    await expect.poll(() => again.state?.state).toBe('asleep');
    expect(await stateOf()).toBe('asleep');
    person.send({ type: 'take' });
    await expect.poll(() => again.state).toMatchObject({ state: 'open', control: 'others' });
  });

  it('a slow watcher – gets the newest picture when it has taken the last, and none waits', async () => {
    await open();
    const watcher = await inControl();
    watcher.send({ type: 'window', width: 500, height: 500, rate: 30 });
    await expect.poll(() => watcher.pictures.length).toBe(1);
    for (let i = 0; i < 50; i++) shownPage()?.look(`picture ${i}`);
    watcher.send({ type: 'taken' });
    await expect.poll(() => watcher.pictures.length).toBe(2);
    expect(String(watcher.pictures[1])).toBe('picture 49');
  });

  it('nobody looks – no pictures are taken', async () => {
    await open();
    const watcher = await inControl();
    const shown = shownPage();
    expect(shown?.isFilmed).toBe(true);
    watcher.send({ type: 'window', width: 500, height: 500, rate: 0 });
    await expect.poll(() => shown?.isFilmed).toBe(false);
    await watcher.leave();
    await expect.poll(() => shown?.isClosed).toBe(true);
  });

  it('messages that are none, too large or too many – end the connection', async () => {
    await open();
    const closing = async (act: (watcher: RawWatcher) => void): Promise<number> => {
      const watcher = await watch(await link({ control: true }));
      act(watcher);
      return watcher.closed;
    };
    expect(await closing((watcher) => watcher.send({ type: 'mouse', action: 'down', x: 7, y: 0 }))).toBe(1008);
    expect(await closing((watcher) => watcher.socket.send('['))).toBe(1008);
    expect(await closing((watcher) => watcher.send({ type: 'text', text: 'x'.repeat(1_100_000) }))).toBe(1009);
    const flood = (watcher: RawWatcher): void => {
      for (let i = 0; i < 1000; i++) watcher.send({ type: 'mouse', action: 'move', x: 0, y: 0 });
    };
    expect(await closing(flood)).toBe(1008);
  });
});
