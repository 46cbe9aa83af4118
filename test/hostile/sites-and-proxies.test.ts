import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Origin } from '../support/origin.js';
import { TestProxy } from '../support/proxies.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
const locked = new TestProxy({ kind: 'socks5', credentials: { username: 'user', password: 'secret' } });
let app: RunningApp;

beforeAll(async () => {
  await Promise.all([origin.start(), locked.start()]);
  app = await RunningApp.start({ MOORING_PROXY_CHECK_TARGET: `127.0.0.1:${origin.port}` });
});
afterAll(async () => {
  await app.close();
  await Promise.all([origin.close(), locked.close()]);
});

/** Another key's session does what it always does. */
async function expectUnharmed(): Promise<void> {
  await app.ok({ cmd: 'request.get', session: 'bystander', url: origin.url }, { key: 'other' });
}

describe('credentials that SOCKS has no room for', () => {
  const secret = 'Hush'.repeat(64);
  const url = (): string => locked.url({ username: secret, password: 'x' });

  it.each([
    ['sessions.create', (proxy: string) => ({ cmd: 'sessions.create', session: randomUUID(), proxy })],
    ['request.get', (proxy: string) => ({ cmd: 'request.get', url: origin.url, proxy })],
    ['sessions.proxy', (proxy: string) => ({ cmd: 'sessions.proxy', session: 'moved', proxy })],
  ])('%s – INVALID_PARAMETER, which does not repeat them', async (_cmd, command) => {
    await app.ok({ cmd: 'request.get', session: 'moved', url: origin.url });
    const error = await app.fails('INVALID_PARAMETER', command(url()));
    expect(error).toContain('at most 255 bytes');
    expect(error).not.toContain('Hush');
    await expectUnharmed();
  });

  it('the dialect of FlareSolverr – an error, which does not repeat them', async () => {
    const proxy = { url: locked.url(), username: 'user', password: secret };
    const response = await fetch(`${app.url}/v1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ cmd: 'request.get', url: origin.url, proxy }),
    });
    const text = await response.text();
    expect(JSON.parse(text).status).toBe('error');
    expect(text).not.toContain('Hush');
    await expectUnharmed();
  });
});

describe('domain lists', () => {
  it.each([
    ['an entry of 60 KB that is nothing but brackets', [`${'[ '.repeat(30_000)}x`]],
    ['an entry of 60 KB that ends in quotes', [`x${'"\' '.repeat(20_000)}x`]],
    ['ten thousand entries of 3 KB', Array.from({ length: 10_000 }, () => `${'( '.repeat(1500)}x`)],
  ])('%s – INVALID_PARAMETER, and nobody waits for it', async (_what, blackListedDomains) => {
    const began = performance.now();
    const error = await app.fails('INVALID_PARAMETER', { cmd: 'request.get', url: origin.url, blackListedDomains });
    expect(error.length).toBeLessThan(500);
    await expectUnharmed();
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
