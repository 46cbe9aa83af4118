import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionEventSchema } from '../../../src/protocol/replies/session-event.js';
import { SessionEvents } from '../../../src/sessions/session-events.js';

const command = (events: SessionEvents, url = 'https://example.com/'): void =>
  events.add('command', { command: 'request.get', url, outcome: 'success', elapsedMs: 3 });
const logError = (events: SessionEvents, readText = () => 'bad'): void =>
  events.addOfPage({ kind: 'console', source: 'console', readText });

describe('SessionEvents', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('events – newest last, numbered from 1, as the schema says', () => {
    const events = new SessionEvents();
    events.add('created', { by: 'create' });
    command(events);
    events.addOfPage({ kind: 'navigation', url: 'https://example.com/', by: 'page', statusCode: 200 });
    const { events: all, missed, last } = events.read();
    expect(all.map(({ sequence, kind }) => [sequence, kind])).toEqual([
      [1, 'created'],
      [2, 'command'],
      [3, 'navigation'],
    ]);
    expect([missed, last]).toEqual([0, 3]);
    for (const event of all) expect(sessionEventSchema.parse(event)).toEqual(event);
  });

  it('since – what came after it; one that never was: everything', () => {
    const events = new SessionEvents();
    for (let i = 0; i < 4; i++) command(events);
    expect(events.read(2).events.map(({ sequence }) => sequence)).toEqual([3, 4]);
    expect(events.read(4)).toEqual({ events: [], missed: 0, last: 4 });
    expect(events.read(99).events).toHaveLength(4);
  });

  it('more events than are kept – the oldest go, and are told as missed', () => {
    const events = new SessionEvents();
    for (let i = 0; i < 1000; i++) command(events, 'u');
    const { events: kept, missed } = events.read(100);
    expect(kept).toHaveLength(200);
    expect(kept.at(-1)?.sequence).toBe(1000);
    expect(missed).toBe(700);
  });

  it('a page without end – neither commands nor what became of the session is pushed out', () => {
    const events = new SessionEvents();
    events.add('created', { by: 'create' });
    command(events);
    events.add('action', { action: 'click', place: 'browserActions[0]', outcome: 'success', elapsedMs: 1 });
    for (let second = 0; second < 1000; second++) {
      for (let i = 0; i < 30; i++) logError(events);
      vi.advanceTimersByTime(1000);
    }
    const kinds = events.read().events.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['created', 'command', 'action']));
    expect(kinds.length).toBeLessThanOrEqual(153);
  });

  it('a million errors at once – a few are kept and read, the others are counted', () => {
    const events = new SessionEvents();
    const readText = vi.fn(() => 'bad');
    for (let i = 0; i < 1_000_000; i++) logError(events, readText);
    expect(readText).toHaveBeenCalledTimes(10);
    expect(events.read().events.at(-1)).toMatchObject({ kind: 'more', of: 'console', count: 999_990 });
    expect(events.read().events).toHaveLength(11);
  });

  it('what was not kept – is told within a second, with nothing else happening, and once', async () => {
    const events = new SessionEvents();
    for (let i = 0; i < 12; i++) logError(events);
    expect(events.last).toBe(10);
    const { changed } = events;
    vi.advanceTimersByTime(1000);
    await changed;
    vi.advanceTimersByTime(60_000);
    logError(events);
    expect(events.read(10).events.map((event) => [event.kind, 'count' in event && event.count])).toEqual([
      ['more', 2],
      ['console', false],
    ]);
  });

  it('where a command leads – is kept however often', () => {
    const events = new SessionEvents();
    for (let i = 0; i < 30; i++)
      events.addOfPage({ kind: 'navigation', url: 'https://example.com/', by: 'command', statusCode: 200 });
    expect(events.read().events).toHaveLength(30);
  });

  it('long texts – are cut, and all of it stays below 100 KB', () => {
    const events = new SessionEvents();
    const long = 'ü'.repeat(100_000);
    for (let i = 0; i < 600; i++) {
      command(events, long);
      events.add('action', { action: 'click', place: long, selector: long, outcome: 'success', elapsedMs: 1 });
      events.addOfPage({ kind: 'dialog', type: 'alert', message: long });
      vi.advanceTimersByTime(1000);
    }
    const { events: kept } = events.read();
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(100_000);
    expect(kept.some((event) => event.kind === 'dialog' && event.message.length === 300)).toBe(true);
  });

  it('credentials of an address – are not kept', () => {
    const events = new SessionEvents();
    command(events, 'https://anna:p%40ss@word@example.com/a?b=c@d');
    command(events, `https://anna:${'x'.repeat(5000)}@example.com/`);
    expect(events.read().events.map((event) => 'url' in event && event.url)).toEqual([
      'https://example.com/a?b=c@d',
      'https://example.com/',
    ]);
  });

  it('stored and restored – the same events, and the numbers go on', () => {
    const events = new SessionEvents();
    for (let i = 0; i < 300; i++) command(events, 'u');
    logError(events);
    const restored = SessionEvents.restore(JSON.parse(JSON.stringify(events)));
    expect(restored.read()).toEqual(events.read());
    restored.add('wake', { restored: true, stateAgeMs: 5 });
    expect(restored.read(301).events).toMatchObject([{ sequence: 302, kind: 'wake', restored: true }]);
    expect(restored.read().missed).toBe(101); // one more than before
  });

  it('closed – who follows is told, and so is whoever asks later', async () => {
    const events = new SessionEvents();
    const { changed } = events;
    events.close();
    await changed;
    await events.changed;
    expect(events.isOver).toBe(true);
  });

  it('an ended session – its last fifty events, of each sort some', () => {
    const events = new SessionEvents();
    for (let i = 0; i < 100; i++) {
      command(events);
      events.add('action', { action: 'wait', place: 'p', outcome: 'success', elapsedMs: 1 });
      logError(events);
      vi.advanceTimersByTime(1000);
    }
    events.add('ended', { reason: 'idle' });
    events.keepFew();
    const kept = events.read().events;
    expect(kept).toHaveLength(50);
    expect(kept.at(-1)).toMatchObject({ kind: 'ended', reason: 'idle' });
  });
});
