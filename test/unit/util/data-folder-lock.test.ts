import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolderLock } from '../../../src/util/data-folder-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const marks = (): string[] => readdirSync(folder).filter((name) => name.startsWith('server-'));
const markOf = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const otherName = `server-${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}.json`;

/** Leaves the mark of another server: that of this one, with changes. */
async function leaveMark(changes: Record<string, unknown>): Promise<void> {
  const lock = await DataFolderLock.acquire(folder);
  const mark = markOf(marks()[0] ?? '');
  await lock.release();
  writeMark({ ...mark, ...changes });
}
const writeMark = (mark: Record<string, unknown>): void => writeFileSync(join(folder, otherName), JSON.stringify(mark));

const winnersOf = async (attempts: readonly Promise<DataFolderLock>[]): Promise<DataFolderLock[]> => {
  const results = await Promise.allSettled(attempts);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
};

const module = new URL('../../../dist/util/data-folder-lock.js', import.meta.url).href;
/** A server in a process of its own: says "mine" or "refused", and lives until it is killed. */
const startServer = () => {
  const code = `import(${JSON.stringify(module)}).then(({ DataFolderLock }) => DataFolderLock.acquire(${JSON.stringify(folder)}))
    .then(() => console.log('mine'), () => console.log('refused')); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  return { child, says: once(child.stdout, 'data').then(([text]) => String(text).trim()) };
};

it('acquire, release – one has the folder, the next after it; nothing is left in it', async () => {
  const first = await DataFolderLock.acquire(folder);
  await expect(DataFolderLock.acquire(folder)).rejects.toThrow(
    new RegExp(`^expected a data folder that no other server uses; .+ is used by process ${process.pid} on .+ since 2`),
  );
  expect(marks()).toHaveLength(1);
  expect(first.release()).toBe(first.release());
  await first.release();
  const second = await DataFolderLock.acquire(folder);
  await second.release();
  expect(readdirSync(folder)).toEqual([]);
});

it('a folder that is not there is made; one that cannot be is told with the reason', async () => {
  const lock = await DataFolderLock.acquire(join(folder, 'a', 'b'));
  await lock.release();
  writeFileSync(join(folder, 'file'), '');
  await expect(DataFolderLock.acquire(join(folder, 'file'))).rejects.toThrow(
    /^expected a data folder that can be written at .+; a file is in the way/,
  );
});

it('ten at the same instant – exactly one wins, every time', async () => {
  for (let round = 0; round < 20; round++) {
    const winners = await winnersOf(Array.from({ length: 10 }, () => DataFolderLock.acquire(folder)));
    expect(winners).toHaveLength(1);
    await winners[0]?.release();
    expect(marks()).toEqual([]);
  }
});

it('ten that take over from a dead one at once – exactly one wins, every time', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  for (let round = 0; round < 20; round++) {
    await leaveMark({ pid, startedAt: '1' });
    const winners = await winnersOf(Array.from({ length: 10 }, () => DataFolderLock.acquire(folder)));
    expect(winners).toHaveLength(1);
    await winners[0]?.release();
    expect(marks()).toEqual([]);
  }
});

describe('servers in processes of their own', () => {
  it('of four that start together one has the folder; killed, it is taken over at once', async () => {
    const servers = Array.from({ length: 4 }, startServer);
    try {
      const said = await Promise.all(servers.map(({ says }) => says));
      expect(said.toSorted()).toEqual(['mine', 'refused', 'refused', 'refused']);
      const winner = servers[said.indexOf('mine')]?.child;
      await expect(DataFolderLock.acquire(folder)).rejects.toThrow(`process ${winner?.pid} `);
      winner?.kill('SIGKILL');
      if (winner) await once(winner, 'exit');
      const lock = await DataFolderLock.acquire(folder, { staleMs: 3_600_000 });
      await lock.release();
    } finally {
      for (const { child } of servers) child.kill('SIGKILL');
    }
  });
});

it.runIf(process.platform === 'linux')('a process ID that came again is not the owner', async () => {
  await leaveMark({ startedAt: '1' });
  const lock = await DataFolderLock.acquire(folder, { staleMs: 3_600_000 });
  await lock.release();
});

describe.runIf(process.platform === 'linux')('a server of another container', () => {
  const elsewhere = { pidNamespace: 'pid:[1]', holds: true };

  it('that has shown no life for long – is taken over without a wait', async () => {
    await leaveMark({ ...elsewhere, beatMs: -3_600_000 });
    const lock = await DataFolderLock.acquire(folder, { staleMs: 3_600_000 });
    await lock.release();
  });

  it('that beats – keeps the folder, whatever the wall clock says', async () => {
    await leaveMark({ ...elsewhere, host: 'other' });
    const mark = markOf(otherName);
    const beating = setInterval(() => writeMark({ ...mark, beatMs: Number(mark.beatMs) + performance.now() }), 20);
    try {
      await expect(DataFolderLock.acquire(folder, { staleMs: 3_600_000 })).rejects.toThrow(
        /process \d+ on other since/,
      );
    } finally {
      clearInterval(beating);
    }
    expect(marks()).toEqual([otherName]);
  });

  it('of another machine, that shows no life – is taken over after the time for that', async () => {
    await leaveMark({ ...elsewhere, bootId: 'another', beatMs: 1e15 });
    const stop = new AbortController();
    const early = stop.signal;
    setTimeout(() => stop.abort(new Error('stop')), 300);
    await expect(DataFolderLock.acquire(folder, { staleMs: 3_600_000 }, early)).rejects.toThrow('stop');
    expect(marks()).toEqual([otherName]);
    const lock = await DataFolderLock.acquire(folder, { staleMs: 200 });
    expect(marks()).not.toContain(otherName);
    await lock.release();
  });
});

it('beats – change the mark; a mark that is gone is told, once', async () => {
  let lost = 0;
  const lock = await DataFolderLock.acquire(folder, { beatMs: 5, onLost: () => lost++ });
  const [name = ''] = marks();
  const first = markOf(name).beatMs;
  await expect.poll(() => markOf(name).beatMs).not.toBe(first);
  rmSync(join(folder, name));
  mkdirSync(join(folder, 'other'));
  await expect.poll(() => lost).toBe(1);
  await lock.release();
  expect([lost, readdirSync(folder)]).toEqual([1, ['other']]);
});
