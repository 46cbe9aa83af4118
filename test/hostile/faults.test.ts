import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CountingSite, type Found, foundIn } from '../support/counting-site.js';
import { flipBit, LastingServer, type Reply, stateKey } from '../support/lasting-server.js';
import { Origin } from '../support/origin.js';
import { isRunning } from '../support/processes.js';
import { SmallDisk } from '../support/small-disk.js';

const site = new CountingSite('127.0.0.2');
const origin = new Origin();
let server: LastingServer;

beforeAll(async () => {
  await site.start();
  await origin.start();
});
afterAll(async () => {
  await site.close();
  await origin.close();
});

/** All places of storage hold this. */
const all = (value: string | null): Found => ({
  cookie: value,
  localStorage: value,
  sessionStorage: value,
  indexedDB: value,
});
const create = (session: string, more: object = {}): Promise<Reply> =>
  server.ok({ cmd: 'sessions.create', session, persist: true, ...more });
/** Puts a value into all places. @returns what was there before */
const put = async (session: string, value: string): Promise<Found | undefined> =>
  foundIn(await server.ok(site.request(session, value)));
const stateOf = async (session: string): Promise<string | undefined> => {
  const { sessions } = await server.ok({ cmd: 'sessions.list' });
  return sessions.find((row: { session: string }) => row.session === session)?.state;
};

describe.runIf(process.platform === 'linux')('a session that is to last', () => {
  beforeEach(async () => {
    server = new LastingServer();
    await server.start();
  });
  afterEach(async () => {
    const { folder } = server;
    await server.end();
    expect(server.processes, `processes of ${folder}`).toEqual([]);
  });

  const expectRestored = async (session: string, value: string | null, more: object = {}): Promise<Reply> => {
    const reply = await server.ok(site.request(session));
    expect(reply).toMatchObject({ restored: true, ...more });
    expect(foundIn(reply)).toEqual(all(value));
    return reply;
  };

  it('kill -9 of its renderer, its browser and the server, one after another – what was acknowledged is there', async () => {
    await create('x');
    expect(await put('x', 'x.1')).toEqual(all(null));
    for (const id of server.renderers) process.kill(id, 'SIGKILL');
    // The server may learn of it during a request.
    await expect.poll(async () => (await server.send(site.request('x'))).data, { timeout: 30_000 }).toBe('success');
    expect(await put('x', 'x.2')).toEqual(all('x.1'));

    for (const id of server.browsers) process.kill(id, 'SIGKILL');
    await expect.poll(() => stateOf('x'), { timeout: 30_000 }).toBe('asleep');
    await expectRestored('x', 'x.2');
    await put('x', 'x.3');

    const processes = server.program.descendants();
    await server.kill();
    await server.start();
    await expect.poll(() => processes.filter(isRunning), { timeout: 30_000 }).toEqual([]);
    expect(await stateOf('x')).toBe('asleep');
    await expectRestored('x', 'x.3');
    expect((await server.ok(site.request('x'))).restored).toBeUndefined();
  });

  it('kill -9 of the server while requests run – each session is as it was told, or one request further', async () => {
    const sessions = ['a', 'b', 'c'];
    const acknowledged = new Map<string, number>();
    await Promise.all(sessions.map((session) => create(session)));
    const isFollowed = (): boolean => sessions.every((session) => (acknowledged.get(session) ?? 0) > 0);
    let isOver = false;
    const running = sessions.map(async (session) => {
      for (let n = 1; !isOver; n++) {
        const reply = await server.send(site.request(session, `${session}.${n}`)).catch(() => undefined);
        if (reply?.data !== 'success') return;
        acknowledged.set(session, n);
      }
    });
    await expect.poll(isFollowed, { timeout: 60_000 }).toBe(true);
    await server.kill();
    isOver = true;
    await Promise.all(running);
    await server.start();
    for (const session of sessions) {
      const n = acknowledged.get(session) ?? 0;
      const found = foundIn(await server.ok(site.request(session)));
      expect([all(`${session}.${n}`), all(`${session}.${n + 1}`)]).toContainEqual(found);
    }
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2))],
    ['with one bit turned over', (path: string) => flipBit(path, 0.7)],
    ['empty', (path: string) => truncateSync(path, 0)],
  ])('its newest record %s – the one before is used, and that is told', async (_how, damage) => {
    await create('x');
    await put('x', 'x.1');
    await put('x', 'x.2');
    await server.kill();
    const [newest = ''] = server.recordsOf('x');
    damage(newest);
    await server.start();
    await expectRestored('x', 'x.1', {
      warnings: expect.arrayContaining([expect.stringContaining('newest state of the session could not be read')]),
    });
    await put('x', 'x.3');
    await server.kill();
    await server.start();
    const { warnings = [] } = await expectRestored('x', 'x.3');
    expect(warnings.join()).not.toContain('could not be read');
  });

  it('another key – it is neither opened nor lost: the right key finds it again', async () => {
    await create('x');
    await put('x', 'x.1');
    await server.terminate();
    await server.start({ MOORING_STATE_KEY: 'ab'.repeat(32) });
    for (const body of [site.request('x', 'x.2'), { cmd: 'sessions.create', session: 'x', persist: true }]) {
      const reply = await server.send(body);
      expect(reply).toMatchObject({ data: 'error', code: 'STATE_UNREADABLE' });
      expect(reply.error).toContain('MOORING_STATE_KEY');
    }
    await server.kill();
    await server.start();
    await expectRestored('x', 'x.1');
    await server.terminate();
    await server.start({ MOORING_STATE_KEY: `${'ab'.repeat(32)},${stateKey}` });
    await expectRestored('x', 'x.1');
  });

  it('two servers on one folder – the second refuses and says why; a dead one is no obstacle', async () => {
    await create('x');
    await put('x', 'x.1');
    const second = server.spawn();
    expect((await second.exited).code).not.toBe(0);
    expect(second.output).toContain('expected a data folder that no other server uses');
    expect(await put('x', 'x.2')).toEqual(all('x.1'));
    await server.kill();
    await server.start();
    await expectRestored('x', 'x.2');
  });

  it('SIGTERM during a create, a request and a wake – all end in order, and nothing acknowledged is lost', async () => {
    await create('asleep', { session_ttl: 1 });
    await put('asleep', 'asleep.1');
    await create('busy');
    await put('busy', 'busy.1');
    await expect.poll(() => stateOf('asleep'), { timeout: 30_000 }).toBe('asleep');
    const running = Promise.all(
      [
        { cmd: 'sessions.create', session: 'new', persist: true },
        site.request('asleep', 'asleep.2'),
        site.request('busy', 'busy.2'),
        { cmd: 'request.get', session: 'busy', url: `${origin.url}/hang`, timeout: 3000 },
      ].map((body) => server.send(body).catch(() => ({ data: 'cut off' }))),
    );
    await expect.poll(() => stateOf('busy')).toBe('busy');
    expect(await server.terminate()).toBe(0);
    const [created, woken, gone] = await running;
    expect(server.processes).toEqual([]);
    await server.start();
    const { sessions } = await server.ok({ cmd: 'sessions.list' });
    expect(sessions.map(({ session }: { session: string }) => session)).toEqual(
      expect.arrayContaining(['asleep', 'busy', ...(created.data === 'success' ? ['new'] : [])]),
    );
    for (const [session, reply] of [
      ['asleep', woken],
      ['busy', gone],
    ] as const) {
      const { data } = reply ?? {};
      const found = foundIn(await server.ok(site.request(session)));
      // What was not acknowledged may have come to pass all the same.
      const may = [`${session}.2`, ...(data === 'success' ? [] : [`${session}.1`])];
      expect(may.map(all), `${session}: ${JSON.stringify(reply)}`).toContainEqual(found);
    }
  });
});

describe.runIf(process.platform === 'linux')('a disk that is full', () => {
  let folder: string;
  let disk: SmallDisk | string;
  beforeEach(({ skip }) => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-faults-'));
    disk = SmallDisk.mount(join(folder, 'state'), 4);
    skip(typeof disk === 'string', String(disk));
  });
  afterEach(async () => {
    if (typeof disk !== 'string') {
      await server.end();
      disk.unmount();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('a request says that its state is not kept, the one before is; with room again, all goes on', async () => {
    if (typeof disk === 'string') return;
    server = new LastingServer({ folder });
    await server.start();
    await create('x');
    await put('x', 'x.1');
    disk.fill();
    const refused = await server.send(site.request('x', 'x.2'));
    expect(refused).toMatchObject({ data: 'error', code: 'STATE_NOT_KEPT' });
    expect(refused.error).toContain('the disk is full');
    await server.kill();
    await server.start();
    expect(foundIn(await server.send(site.request('x'))) ?? 'not kept').toBe('not kept');
    disk.empty();
    expect(foundIn(await server.ok(site.request('x')))).toEqual(all('x.1'));
    await put('x', 'x.3');
    await server.kill();
    await server.start();
    expect(foundIn(await server.ok(site.request('x')))).toEqual(all('x.3'));
  });
});
