import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AnyJson } from '../support/any-json.js';
import { covers } from '../support/covers.js';
import { FakeEngine, type FakePage } from '../support/fake-engine.js';
import { FrailStore } from '../support/frail-store.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let engine: FakeEngine;
let app: RunningApp;

beforeAll(async () => {
  await origin.start();
  engine = new FakeEngine();
  app = await RunningApp.start({ MOORING_API_KEYS: 'one,two', MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' }, engine);
});
afterAll(async () => {
  await app.close();
  await origin.close();
});

const one = { key: 'one' };
type Event = AnyJson;
const eventsOf = async (session: string, rest: object = {}): Promise<Event> =>
  app.ok({ cmd: 'sessions.events', session, ...rest }, one);
const kindsOf = ({ events }: { events: Event[] }): string[] => events.map(({ kind }) => kind);
const get = (session: string, rest: object = {}) => ({ cmd: 'request.get', session, url: `${origin.url}/`, ...rest });

const openStreams = new Set<AbortController>();
afterEach(() => {
  for (const stream of openStreams) stream.abort();
  openStreams.clear();
});

/** Follows a session. */
class Stream {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly controller: AbortController;
  readonly #blocks: string[] = [];
  #text = '';

  private constructor(reader: ReadableStreamDefaultReader<string>, controller: AbortController) {
    this.#reader = reader;
    this.controller = controller;
  }

  static async open(session: string, rest: object = {}): Promise<Stream> {
    const controller = new AbortController();
    openStreams.add(controller);
    const answer = await fetch(`${app.url}/api/v1?key=one`, {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
      body: JSON.stringify({ cmd: 'sessions.events', session, ...rest }),
      signal: controller.signal,
    });
    const told = answer.body?.pipeThrough(new TextDecoderStream());
    if (!told) throw new Error('no stream');
    return new Stream(told.getReader(), controller);
  }

  /** The next message: its name and data; undefined: it is over. */
  async next(): Promise<{ name: string; data: Event } | undefined> {
    while (this.#blocks.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      const parts = (this.#text + value).split('\n\n');
      this.#text = parts.pop() ?? '';
      this.#blocks.push(...parts.filter((part) => part.startsWith('event:')));
    }
    const [name = '', data = ''] = (this.#blocks.shift() ?? '').split('\n').map((line) => line.replace(/^\w+: /, ''));
    return { name, data: JSON.parse(data) };
  }

  /** The kind of the next event, or the name of another message. */
  async kind(): Promise<string | undefined> {
    const next = await this.next();
    return next?.data.event?.kind ?? next?.name;
  }
}

describe('sessions.events', () => {
  it('what happened – created, navigation, command, in order, and nothing of who only looks', async () => {
    covers('command', 'sessions.events');
    await app.ok({ cmd: 'sessions.create', session: 'a' }, one);
    await app.ok(get('a'), one);
    await app.ok({ cmd: 'sessions.active', session: 'a' }, one);
    await app.ok({ cmd: 'sessions.list' }, one);
    const { events, last, missed } = await eventsOf('a');
    expect(events).toMatchObject([
      { sequence: 1, kind: 'created', by: 'create' },
      { sequence: 2, kind: 'command', command: 'sessions.create', outcome: 'success' },
      { sequence: 3, kind: 'navigation', url: `${origin.url}/`, statusCode: 200, by: 'command' },
      { sequence: 4, kind: 'command', command: 'request.get', url: `${origin.url}/`, outcome: 'success' },
    ]);
    expect([last, missed]).toEqual([4, undefined]);
    expect(Math.abs(events[0].at - Date.now())).toBeLessThan(60_000);
    expect((await eventsOf('a', { since: 3 })).events).toMatchObject([{ sequence: 4 }]);
    expect(await eventsOf('a', { since: 4 })).toMatchObject({ events: [], last: 4 });
  });

  it('actions – what they did and on what, never what was typed', async () => {
    const browserActions = [
      { type: 'type', cssSelector: '#password', text: 'very-secret', ignoreErrors: true },
      { type: 'wait', wait: 101 },
    ];
    await app.ok(get('typed', { browserActions }), one);
    const reply = await eventsOf('typed');
    expect(reply.events.filter(({ kind }: Event) => kind === 'action')).toMatchObject([
      { action: 'type', selector: '#password', place: 'browserActions[0]', outcome: 'UNSUPPORTED_ACTION' },
      { action: 'wait', place: 'browserActions[1]', outcome: 'success' },
    ]);
    expect(JSON.stringify(reply)).not.toContain('very-secret');
  });

  it('failures – a command with its code; a refusal with its host and reason', async () => {
    await app.fails('DOMAIN_NOT_ALLOWED', get('failing', { blackListedDomains: ['127.0.0.1'] }), one);
    await app.fails('CODE-0006', get('failing', { url: `${origin.url}/reset` }), one);
    const { events } = await eventsOf('failing');
    expect(events.filter(({ kind }: Event) => kind === 'command')).toMatchObject([
      { outcome: 'DOMAIN_NOT_ALLOWED' },
      { outcome: 'CODE-0006' },
    ]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'refusal', host: '127.0.0.1', reason: 'CODE-0006' }));
    expect(events).toContainEqual(expect.objectContaining({ kind: 'navigation', error: expect.any(String) }));
  });

  it('requests without a page, batches and moves – are told', async () => {
    await app.ok(get('plain', { requestType: 'request' }), one);
    await app.ok({ cmd: 'request.batch', session: 'plain', requests: [{ url: `${origin.url}/` }] }, one);
    await app.ok({ cmd: 'sessions.proxy', session: 'plain', noProxy: true }, one);
    const { events } = await eventsOf('plain');
    expect(kindsOf({ events })).toEqual([
      'created',
      'navigation',
      'command',
      'navigation',
      'command',
      'move',
      'command',
    ]);
    expect(events.at(-2)).toMatchObject({ upstream: 'direct' });
  });

  it('what the page does by itself – is told: console, dialog, download, crash', async () => {
    await app.ok(get('page'), one);
    const page = newestPage();
    page.tell({ kind: 'console', source: 'exception', readText: () => 'Uncaught Error: no' });
    page.tell({ kind: 'dialog', type: 'alert', message: 'hello' });
    page.crash();
    await app.ok(get('page', { url: `${origin.url}/` }), one);
    const { events } = await eventsOf('page', { since: 3 });
    expect(events).toMatchObject([
      { kind: 'console', source: 'exception', text: 'Uncaught Error: no' },
      { kind: 'dialog', type: 'alert', message: 'hello' },
      { kind: 'crash', reason: 'its renderer crashed' },
      { kind: 'navigation' },
      { kind: 'command' },
    ]);
  });

  it('pause – is told, and that the page goes on', async () => {
    const quick = await RunningApp.start({ MOORING_PAUSE_AFTER: '10ms' });
    try {
      await quick.ok(get('p'));
      await expect
        .poll(async () => kindsOf(await quick.ok({ cmd: 'sessions.events', session: 'p' })).at(-1))
        .toBe('pause');
      await quick.ok(get('p'));
      expect(kindsOf(await quick.ok({ cmd: 'sessions.events', session: 'p', since: 4 }))[0]).toBe('resume');
    } finally {
      await quick.close();
    }
  });

  it("another key's session, and one that never was – SESSION_ENDED, as if there were none", async () => {
    await app.ok({ cmd: 'sessions.create', session: 'mine' }, one);
    const theirs = await app.fails('SESSION_ENDED', { cmd: 'sessions.events', session: 'mine' }, { key: 'two' });
    const never = await app.fails('SESSION_ENDED', { cmd: 'sessions.events', session: 'mine2' }, { key: 'two' });
    expect(theirs.replace('mine', 'mine2')).toBe(never);
  });

  it('an ended session – tells how it went and ended, until its ID is opened afresh', async () => {
    await app.ok(get('over'), one);
    await app.ok({ cmd: 'sessions.destroy', session: 'over' }, one);
    const { events } = await eventsOf('over');
    expect(kindsOf({ events })).toEqual(['created', 'navigation', 'command', 'ended']);
    expect(events.at(-1)).toMatchObject({ reason: 'destroyed' });
    await app.ok({ cmd: 'sessions.create', session: 'over' }, one);
    expect(kindsOf(await eventsOf('over'))).toEqual(['created', 'command']);
  });

  it('a request that ends its session – is among its events', async () => {
    await app.ok(get('once', { closeAfterUse: true }), one);
    expect(kindsOf(await eventsOf('once')).toSorted()).toEqual(['command', 'created', 'ended', 'navigation']);
  });

  it('`since` that is no number – INVALID_PARAMETER', async () => {
    expect(await app.fails('INVALID_PARAMETER', { cmd: 'sessions.events', session: 'a', since: -1 }, one)).toContain(
      '`since`',
    );
  });
});

describe('sessions.events as a stream', () => {
  it('what there is first, then each as it happens, and the reply when the session ends', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'live' }, one);
    const stream = await Stream.open('live', { since: 1 });
    expect(await stream.next()).toMatchObject({
      name: 'event',
      data: { type: 'event', event: { sequence: 2, kind: 'command' } },
    });
    await app.ok(get('live'), one);
    expect([await stream.kind(), await stream.kind()]).toEqual(['navigation', 'command']);
    await app.ok({ cmd: 'sessions.destroy', session: 'live' }, one);
    expect(await stream.kind()).toBe('ended');
    expect(await stream.next()).toMatchObject({
      name: 'reply',
      data: { data: 'success', session: 'live', events: [], last: 5 },
    });
    expect(await stream.next()).toBeUndefined();
  });

  it('a session that has ended – what is kept of it, then the reply', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'past' }, one);
    await app.ok({ cmd: 'sessions.destroy', session: 'past' }, one);
    const stream = await Stream.open('past');
    expect([await stream.kind(), await stream.kind(), await stream.kind()]).toEqual(['created', 'command', 'ended']);
    expect(await stream.next()).toMatchObject({ name: 'reply', data: { data: 'success', last: 3 } });
    expect(await (await Stream.open('never-was')).next()).toMatchObject({ data: { code: 'SESSION_ENDED' } });
  });

  it('what is no longer kept – is told as missed', async () => {
    await app.ok(get('long'), one);
    const page = newestPage();
    for (let i = 0; i < 400; i++)
      page.tell({ kind: 'navigation', url: `${origin.url}/${i}`, by: 'command', statusCode: 200 });
    const stream = await Stream.open('long');
    expect(await stream.next()).toMatchObject({ name: 'missed', data: { missed: expect.any(Number) } });
    expect(await stream.kind()).toBe('created');
  });

  it('following – neither renews the session nor takes its turn', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'short', session_ttl: 1 }, one);
    const stream = await Stream.open('short');
    expect([await stream.kind(), await stream.kind()]).toEqual(['created', 'command']);
    expect(await stream.next()).toMatchObject({ data: { event: { kind: 'ended', reason: 'idle' } } });
  });

  it('a caller that goes – makes room for another; more than ten at once are refused', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'crowd' }, one);
    const streams = await Promise.all(Array.from({ length: 10 }, () => Stream.open('crowd')));
    for (const stream of streams) await stream.kind();
    const refused = await Stream.open('crowd');
    expect(await refused.next()).toMatchObject({ name: 'reply', data: { code: 'CODE-0001' } });
    streams[0]?.controller.abort();
    await expect.poll(async () => (await Stream.open('crowd')).kind()).toBe('created');
  });

  it('a caller that does not read – holds nothing up or in memory, and is told what it missed', async () => {
    await app.ok(get('slow'), one);
    const page = newestPage();
    const following = request(`${app.url}/api/v1?key=one`, {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
    });
    following.end(JSON.stringify({ cmd: 'sessions.events', session: 'slow' }));
    const [answer] = (await once(following, 'response')) as [IncomingMessage]; // and not read
    const url = `${origin.url}/${'x'.repeat(250)}`;
    for (let i = 0; i < 60_000; i++) {
      page.tell({ kind: 'navigation', url, by: 'command', statusCode: 200 });
      if (i % 50 === 0) await setImmediate();
    }
    await app.ok(get('slow'), one);
    await app.ok({ cmd: 'sessions.destroy', session: 'slow' }, one);
    const messages = (await text(answer)).split('\n\n');
    const missed = messages.filter((message) => message.startsWith('event: missed'));
    expect(missed.length).toBeGreaterThan(0);
    expect(messages.length).toBeLessThan(60_000);
    expect(messages.at(-3)).toContain('"kind":"ended"');
    expect(messages.at(-2)).toContain('event: reply');
  });

  it('a server that shuts down – ends the stream with DRAINING at once', async () => {
    const closing = await RunningApp.start({ MOORING_DRAIN_TIMEOUT: '60s' });
    await closing.ok(get('d'));
    const answer = await fetch(`${closing.url}/api/v1`, {
      method: 'POST',
      headers: { accept: 'text/event-stream' },
      body: JSON.stringify({ cmd: 'sessions.events', session: 'd' }),
    });
    const [told] = await Promise.all([answer.text(), closing.close()]);
    expect(told).toContain('"code":"DRAINING"');
  });
});

/** The page of the session that was opened last. */
function newestPage(): FakePage {
  const page = [...engine.contexts].at(-1)?.pages.at(-1);
  if (!page) throw new Error('the session has no page');
  return page;
}

describe('sessions.events of a session that lasts', () => {
  const lasting = async (): Promise<{ app: RunningApp; engine: FakeEngine; store: FrailStore }> => {
    const store = new FrailStore();
    const browsers = new FakeEngine();
    return { app: await RunningApp.startWith({ settings: {}, engine: browsers, store }), engine: browsers, store };
  };
  const stateOf = async (server: RunningApp, session: string): Promise<string> =>
    (await server.ok({ cmd: 'sessions.list' })).sessions.find((row: Event) => row.session === session)?.state;
  const history = (server: RunningApp, session: string, since = 0): Promise<Event> =>
    server.ok({ cmd: 'sessions.events', session, since });

  it('asleep – is told without waking it, and goes on from there when it wakes', async () => {
    const { app: server } = await lasting();
    try {
      await server.ok({ cmd: 'sessions.create', session: 's', persist: true, session_ttl: 1 });
      await server.ok(get('s'));
      await expect.poll(() => stateOf(server, 's')).toBe('asleep');
      const asleep = await history(server, 's');
      expect(kindsOf(asleep)).toEqual(['created', 'command', 'navigation', 'command', 'sleep']);
      expect(await stateOf(server, 's')).toBe('asleep');
      await server.ok(get('s'));
      const { events } = await history(server, 's', asleep.last);
      expect(events.map(({ sequence, kind }: Event) => [sequence, kind])).toEqual([
        [6, 'wake'],
        [7, 'navigation'],
        [8, 'command'],
      ]);
      expect(events[0]).toMatchObject({ restored: true, stateAgeMs: expect.any(Number) });
    } finally {
      await server.close();
    }
  });

  it('its browser crashes – is told; the numbers go on, also where the store has an older record', async () => {
    const { app: server, engine: browsers } = await lasting();
    try {
      await server.ok({ cmd: 'sessions.create', session: 's', persist: true });
      await server.ok(get('s'));
      await expect.poll(() => stateOf(server, 's')).toBe('open');
      for (let i = 0; i < 5; i++)
        [...browsers.contexts]
          .at(-1)
          ?.pages.at(-1)
          ?.tell({ kind: 'dialog', type: 'alert', message: String(i) });
      const { last } = await history(server, 's');
      for (const context of [...browsers.contexts]) context.crash();
      await server.ok(get('s'));
      const after = await history(server, 's', last);
      expect(after.events[0].sequence).toBeGreaterThan(last);
      expect(kindsOf(after).slice(-3)).toEqual(['wake', 'navigation', 'command']);
      expect(after.events.length + (after.missed ?? 0)).toBe(after.last - last);
    } finally {
      await server.close();
    }
  });

  it('a fork – begins a history of its own', async () => {
    const { app: server } = await lasting();
    try {
      await server.ok(get('s'));
      await server.ok({ cmd: 'sessions.fork', session: 's', newSession: 't' });
      expect(kindsOf(await history(server, 't'))[0]).toBe('created');
      expect(kindsOf(await history(server, 't'))).not.toContain('navigation');
    } finally {
      await server.close();
    }
  });

  it('falling asleep – ends a stream', async () => {
    const { app: server } = await lasting();
    try {
      await server.ok({ cmd: 'sessions.create', session: 's', persist: true, session_ttl: 1 });
      const answer = await fetch(`${server.url}/api/v1`, {
        method: 'POST',
        headers: { accept: 'text/event-stream' },
        body: JSON.stringify({ cmd: 'sessions.events', session: 's' }),
      });
      const told = await answer.text();
      expect(told).toContain('"kind":"sleep"');
      expect(told).toMatch(/event: reply\ndata: .*"data":"success"/);
    } finally {
      await server.close();
    }
  });
});
