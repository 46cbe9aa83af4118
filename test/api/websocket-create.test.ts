import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningApp } from '../support/start-app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await RunningApp.start();
});
afterAll(() => app.close());

describe('websocket.create on an engine without a protocol to attach to', () => {
  it('a session that is there – is left as it is, and the refusal names its browser', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'x' });
    const error = await app.fails('UNSUPPORTED_PARAMETER', { cmd: 'websocket.create', session: 'x' });
    expect(error).toContain('x runs on fake');
    expect((await app.ok({ cmd: 'sessions.active', session: 'x' })).active).toBe(true);
  });

  it('a session that would be opened for it – does not stay', async () => {
    await app.fails('UNSUPPORTED_PARAMETER', { cmd: 'websocket.create', session: 'y' });
    await expect.poll(async () => (await app.ok({ cmd: 'sessions.active', session: 'y' })).active).toBe(false);
  });

  it('a time that is none – is refused', async () => {
    for (const ttl of [0, -1, 1.5, 'soon', 100_000_000])
      expect(await app.fails('INVALID_PARAMETER', { cmd: 'websocket.create', ttl })).toContain('`ttl`');
  });

  it('options that an open session was not made with – SESSION_EXISTS, as for sessions.create', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'z' });
    await app.fails('SESSION_EXISTS', { cmd: 'websocket.create', session: 'z', locales: ['de-DE'] });
  });
});
