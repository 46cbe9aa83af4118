import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { browserProcesses } from '../support/processes.js';
import { RunningApp } from '../support/start-app.js';

const origin = new Origin();
let app: RunningApp;

// Folders are counted: nobody else's are to be among them.
const folder = mkdtempSync(join(tmpdir(), 'mooring-long-running-'));
process.env.TMPDIR = folder;

beforeAll(async () => {
  await origin.start();
  app = await RunningApp.start({ MOORING_LANE_LIMIT: '300' }, chromiumEngine(await chosenChromium(), 4));
});
afterAll(async () => {
  await app?.close();
  await origin.close();
  rmSync(folder, { recursive: true, force: true });
  expect(browserProcesses()).toEqual([]);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // exposed by the flag above

const heapMegabytes = async (): Promise<number> => {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

/** TCP ports that this process listens on. */
function listeningPorts(): number {
  const own = new Set(readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`)));
  const rows = readFileSync('/proc/self/net/tcp', 'utf8').trim().split('\n').slice(1);
  // proc(5): the fourth field is the state, the tenth the inode.
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields.filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(`socket:[${inode}]`)).length;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

/** What browsers, their driver and we keep on the disk. */
const scratchFolders = (): number =>
  readdirSync(tmpdir()).filter((name) => /playwright|chrom|mooring/i.test(name)).length;

describe('a server that runs for long', () => {
  it('1000 creates and destroys – leave no process, folder, port or growing heap', async () => {
    const cycle = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i += 4) {
        await Promise.all(
          [0, 1, 2, 3].map(async (j) => {
            await app.ok({ cmd: 'sessions.create', session: `s${i + j}` });
            await app.ok({ cmd: 'sessions.destroy', session: `s${i + j}` });
          }),
        );
      }
    };
    await cycle(0, 200);
    const before = {
      heap: await heapMegabytes(),
      folders: scratchFolders(),
      processes: browserProcesses().length,
    };
    const ports = process.platform === 'linux' ? listeningPorts() : 0;
    if (process.platform === 'linux') expect(ports).toBeGreaterThan(0);
    await cycle(200, 1200);
    expect((await app.ok({ cmd: 'sessions.list' })).open).toBe(0);
    expect(browserProcesses().length).toBeLessThanOrEqual(before.processes);
    expect(scratchFolders()).toBeLessThanOrEqual(before.folders);
    if (process.platform === 'linux') expect(listeningPorts()).toBeLessThanOrEqual(ports);
    // What is remembered of each ended session is a few hundred bytes.
    expect((await heapMegabytes()) - before.heap).toBeLessThan(5);
  }, 180_000);

  it('200 requests at once on one session – all answered, in order', async () => {
    await app.ok({ cmd: 'sessions.create', session: 'lane' });
    const order: number[] = [];
    const replies = await Promise.all(
      [...Array(200).keys()].map(async (i) => {
        const reply = await app.ok({
          cmd: 'request.get',
          session: 'lane',
          url: `${origin.url}/orders?n=${i}`,
          timeout: 120_000,
        });
        order.push(i);
        return reply.solution.currentUrl === `${origin.url}/orders?n=${i}`;
      }),
    );
    expect(replies.every(Boolean)).toBe(true);
    const arrived = origin.seen
      .filter(({ path }) => path.startsWith('/orders?n='))
      .map(({ path }) => Number(path.split('=')[1]));
    expect(order).toEqual(arrived);
  }, 180_000);

  it('a browser process dies – its sessions wake in another one, those of another do not notice', async () => {
    const ids = [...Array(6).keys()].map((i) => `c${i}`);
    await Promise.all(ids.map((session) => app.ok({ cmd: 'sessions.create', session })));
    const [oldest] = browserProcesses();
    expect(browserProcesses().length).toBeGreaterThan(1);
    process.kill(oldest ?? 0, 'SIGKILL');
    const asleep = async (): Promise<string[]> =>
      (await app.ok({ cmd: 'sessions.list' })).sessions
        .filter(({ state }: { state: string }) => state === 'asleep')
        .map((row: { session: string }) => row.session);
    await expect.poll(async () => (await asleep()).length).toBeGreaterThan(0);
    const lost = await asleep();
    expect(lost.length).toBeLessThan(6);
    for (const session of ids) {
      const { restored = false } = await app.ok({ cmd: 'request.get', session, url: origin.url });
      expect([session, restored]).toEqual([session, lost.includes(session)]);
    }
    await app.ok({ cmd: 'request.get', session: 'after', url: origin.url });
    expect((await app.get('/readyz')).body).toMatchObject({ status: 'ok', engine: { name: 'chromium' } });
  });

  it('a script that never ends – costs one request its deadline at most, and the session keeps its cookies', async () => {
    await app.ok({ cmd: 'request.get', session: 'busy', url: `${origin.url}/set-cookie` });
    await app.ok({ cmd: 'request.get', session: 'busy', url: `${origin.url}/busy` });
    await new Promise((resolve) => setTimeout(resolve, 300)); // until it is
    const next = await app.ok({ cmd: 'request.get', session: 'busy', url: origin.url, timeout: 20_000 });
    expect(next.solution.cookieString).toContain('a=1');
  });

  it('a caller that goes – the page is free for the next', async () => {
    const caller = new AbortController();
    const gone = app
      .send({ cmd: 'request.get', session: 'gone', url: `${origin.url}/hang` }, { signal: caller.signal })
      .catch(() => 'gone');
    await expect.poll(() => origin.count('/hang')).toBe(1);
    caller.abort();
    expect(await gone).toBe('gone');
    expect((await app.ok({ cmd: 'request.get', session: 'gone', url: origin.url })).solution.statusCode).toBe(200);
  });
});
