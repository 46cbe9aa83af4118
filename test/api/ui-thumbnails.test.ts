import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { MemorySnapshotStore } from '../support/memory-snapshot-store.js';
import { Origin } from '../support/origin.js';
import { RunningApp } from '../support/start-app.js';

const key = 'key-of-anna';
const ownPage = { 'x-mooring-ui': '1' };
const origin = new Origin();
let engine: FakeEngine;
let app: RunningApp;

beforeAll(async () => {
  engine = new FakeEngine();
  await origin.start();
  app = await RunningApp.startWith({
    engine,
    settings: { MOORING_API_KEYS: `${key},key-of-bert`, MOORING_PRIVATE_NETWORKS: '127.0.0.0/8' },
    store: new MemorySnapshotStore({ limitBytes: 1e7, limitPerOwnerBytes: 1e7 }),
  });
});
afterAll(async () => {
  await app?.close();
  await origin.close();
});

async function cookieOf(owner: string): Promise<string> {
  const answer = await fetch(`${app.url}/ui/login`, {
    method: 'POST',
    headers: ownPage,
    body: JSON.stringify({ key: owner }),
  });
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

const ask = async (session: string, headers: Record<string, string> = {}, owner = key): Promise<Response> =>
  fetch(`${app.url}/ui/thumbnails/${encodeURIComponent(session)}`, {
    headers: { ...ownPage, cookie: await cookieOf(owner), ...headers },
  });
const visit = (session: string, path = '/', more: object = {}) =>
  app.ok({ cmd: 'request.get', session, url: `${origin.url}${path}`, ...more }, { key });
const rowOf = async (session: string) =>
  (await app.ok({ cmd: 'sessions.list' }, { key })).sessions.find(
    (row: { session: string }) => row.session === session,
  );
const pageOf = () => [...engine.contexts].at(-1)?.pages.at(-1);

describe('GET /ui/thumbnails/…', () => {
  it('a session with a page – its picture and title, for this page alone; the same again is not sent again', async () => {
    await visit('shown:1');
    const first = await ask('shown:1');
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(first.headers.get('cache-control')).toBe('private, no-store');
    expect(first.headers.get('x-content-type-options')).toBe('nosniff');
    expect(decodeURIComponent(first.headers.get('x-mooring-title') ?? '')).toBe('Home');
    expect(await first.text()).toBe(`picture of ${origin.url}/`);
    const etag = first.headers.get('etag') ?? '';
    const again = await ask('shown:1', { 'if-none-match': etag });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);

    await visit('shown:1', '/login');
    const next = await ask('shown:1', { 'if-none-match': etag });
    expect([next.status, await next.text()]).toEqual([200, `picture of ${origin.url}/login`]);
  });

  it('a title in any script – comes as it is', async () => {
    await visit('titled');
    const page = pageOf();
    if (page) page.onThumbnail = async () => ({ jpeg: Buffer.from('x'), title: 'Prüfung 试 “%”\n' });
    expect(decodeURIComponent((await ask('titled')).headers.get('x-mooring-title') ?? '')).toBe('Prüfung 试 “%”\n');
  });

  it('another owner, or no such session – not found', async () => {
    await visit('annas');
    expect((await ask('annas', {}, 'key-of-bert')).status).toBe(404);
    expect((await ask('nobodys')).status).toBe(404);
  });

  it.each([
    ['without the header of its pages', { 'x-mooring-ui': '' }, 401],
    ['of another site', { 'sec-fetch-site': 'cross-site' }, 401],
    ['without cookie or key', { cookie: '' }, 401],
    ['with a wrong key', { 'x-api-key': 'wrong' }, 401],
    ['with a key', { cookie: '', 'x-api-key': key }, 200],
  ])('a request %s – %s', async (_what, headers, status) => {
    await visit('guarded');
    const asked = { ...ownPage, cookie: await cookieOf(key), ...headers } as Record<string, string>;
    if (asked['x-mooring-ui'] === '') delete asked['x-mooring-ui'];
    expect((await fetch(`${app.url}/ui/thumbnails/guarded`, { headers: asked })).status).toBe(status);
  });

  it('no page yet – none', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'blank' }, { key });
    const answer = await ask('blank');
    expect([answer.status, await answer.text()]).toEqual([204, '']);
  });

  it('looking – does not renew the session', async () => {
    await visit('idle');
    const before = await rowOf('idle');
    await ask('idle');
    const after = await rowOf('idle');
    expect(after.lastAccessed).toBe(before.lastAccessed);
    expect(after.state).toBe(before.state);
  });

  it('a page that hangs – none, and the next request is served meanwhile', async () => {
    await visit('hung');
    let asked = 0;
    const page = pageOf();
    if (page)
      page.onThumbnail = () => {
        asked += 1;
        return new Promise(() => {});
      };
    const answer = ask('hung');
    await expect.poll(() => asked).toBe(1);
    expect((await visit('hung', '/login')).solution.statusCode).toBe(200);
    const { status, headers } = await answer;
    expect([status, headers.get('retry-after')]).toEqual([204, '3']);
  });

  it('asleep – as it looked last, and it sleeps on', async () => {
    await visit('seen', '/', { persist: true });
    await visit('unseen', '/', { persist: true });
    const picture = await (await ask('seen')).text();
    for (const context of [...engine.contexts]) context.crash();
    const { opened } = engine;
    expect((await rowOf('seen')).state).toBe('asleep');
    expect(await (await ask('seen')).text()).toBe(picture);
    expect((await ask('unseen')).status).toBe(204);
    expect([(await rowOf('seen')).state, engine.opened]).toEqual(['asleep', opened]);
    await app.ok({ cmd: 'sessions.destroy', session: 'seen' }, { key });
    expect((await ask('seen')).status).toBe(404);
  });
});
