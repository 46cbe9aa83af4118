import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSnapshotStore } from '../../src/snapshots/file-snapshot-store.js';
import { allOf, noise, roomy, session } from './snapshot-store.js';

const keys = ['ab'.repeat(32)];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a server that is killed in the middle of writes, again and again', () => {
  const module = new URL('../../dist/snapshots/file-snapshot-store.js', import.meta.url).href;
  const sessions = 12;

  /** Writes its sessions without end, each with a number one higher; says which number of which session is kept. */
  const startWriter = (sync: boolean, first: number): ChildProcess => {
    const options = { ...roomy, folder, keys, sync };
    const code = `
      const { FileSnapshotStore } = await import(${JSON.stringify(module)});
      const store = await FileSnapshotStore.open(${JSON.stringify(options)});
      const filler = ${JSON.stringify(noise(60_000))};
      await Promise.all(Array.from({ length: ${sessions} }, async (_, i) => {
        for (let n = ${first}; ; n++) {
          const head = { owner: 'one', id: 's' + i, createdAt: 1, lastAccessedAt: 2, takenAt: n, persist: true };
          const text = filler.slice(0, (n * 7919 + i * 104729) % filler.length);
          await store.write({ head, body: { n, length: text.length, text } });
          process.stdout.write(i + ' ' + n + '\\n');
        }
      }));`;
    return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  };

  it.each([
    [false, 15],
    [true, 10],
  ])(
    'sync %s, %i kills – every write that was acknowledged is there afterwards, and nothing is damaged',
    async (sync, kills) => {
      const kept = new Map<number, number>();
      let acknowledged = 0;
      for (let round = 0; round < kills; round++) {
        const writer = startWriter(sync, round * 1_000_000 + 1);
        // A pipe gives what was written to it before the kill, and then ends.
        const ended = once(writer, 'close');
        let left = 5 + ((round * 37) % 150);
        if (!writer.stdout) throw new Error('expected a pipe');
        for await (const line of createInterface({ input: writer.stdout })) {
          const [i = 0, n = 0] = line.split(' ').map(Number);
          if (n > 0) kept.set(i, n);
          acknowledged++;
          if (--left === 0) writer.kill('SIGKILL');
        }
        await ended;
        expect(writer.signalCode).toBe('SIGKILL');

        const store = await FileSnapshotStore.open({ ...roomy, folder, keys, sync });
        for (const [i, n] of kept) {
          const read = await store.read('one', `s${i}`);
          expect(read?.damage).toBeUndefined();
          // It may be one later: stored, and killed before it was told.
          expect([n, n + 1, round * 1_000_000 + 1], `session ${i} after round ${round}`).toContain(read?.body.n);
          expect(Number(read?.body.n)).toBeGreaterThanOrEqual(n);
          expect(String(read?.body.text)).toHaveLength(Number(read?.body.length));
        }
        expect((await allOf(store)).filter(({ kind }) => kind !== 'session')).toEqual([]);
        await store.close();
        expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
        expect(readdirSync(folder).length).toBeLessThanOrEqual(2 * sessions);
      }
      expect(acknowledged).toBeGreaterThan(kills * 5);
    },
  );
});

it('10 000 sessions – are all there at the next start, with their heads', async () => {
  const ids = Array.from({ length: 10_000 }, (_, i) => `session-${i}`);
  const options = { ...roomy, folder, keys, sync: false };
  const store = await FileSnapshotStore.open(options);
  for (let from = 0; from < ids.length; from += 1000)
    await Promise.all(ids.slice(from, from + 1000).map((id) => store.write(session(id))));
  const bytes = store.bytesOf('one');
  await store.close();
  const again = await FileSnapshotStore.open(options);
  const found = await allOf(again);
  expect(found).toHaveLength(ids.length);
  expect(new Set(found.map((entry) => entry.kind === 'session' && entry.head.id))).toEqual(new Set(ids));
  expect(again.bytesOf('one')).toBe(bytes);
  await again.close();
});

describe('a disk that is full', () => {
  let disk: string;
  let whyNot: string | undefined;
  beforeEach(({ skip }) => {
    disk = join(folder, 'disk');
    mkdirSync(disk);
    const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], {
      encoding: 'utf8',
    });
    whyNot = status === 0 ? undefined : `no small disk can be mounted here: ${error?.message ?? stderr.trim()}`;
    skip(whyNot !== undefined, whyNot);
  });
  afterEach(() => {
    if (whyNot === undefined) spawnSync('umount', [disk]);
  });

  const full = { code: 'STATE_NOT_KEPT', detail: expect.stringContaining('the disk is full (ENOSPC)') };
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(disk);
    return bavail * bsize;
  };

  it.each([false, true])(
    'sync %s – writes say so and lose nothing; removing works, and makes room without a restart',
    async (sync) => {
      const options = { ...roomy, folder: join(disk, 'state'), keys, sync };
      const store = await FileSnapshotStore.open(options);
      const text = noise(100_000);
      let count = 0;
      let refusal: unknown;
      while (refusal === undefined && count < 100) {
        await store.write(session(`s${count}`, { n: count, text })).then(
          () => count++,
          (error: unknown) => {
            refusal = error;
          },
        );
      }
      expect(refusal).toMatchObject(full);
      expect(count).toBeGreaterThan(10);

      // Not a byte is left: and still all is there, nothing half, and a session can be removed.
      writeFileSync(join(disk, 'filler'), Buffer.alloc(freeBytes()));
      await expect(store.write(session('s0', { n: 'new', text }))).rejects.toMatchObject(full);
      await expect(store.write(session('another', { n: 'new', text: noise(5000) }))).rejects.toMatchObject(full);
      for (let i = 0; i < count; i++) expect((await store.read('one', `s${i}`))?.body.n).toBe(i);
      expect(readdirSync(options.folder).filter((name) => name.endsWith('.part'))).toEqual([]);

      await store.remove('one', 's1');
      await store.write(session('s0', { n: 'new', text }));
      await store.close();

      const again = await FileSnapshotStore.open(options);
      expect((await again.read('one', 's0'))?.body.n).toBe('new');
      expect(await allOf(again)).toHaveLength(count - 1);
      await again.close();
    },
  );

  it('from the beginning – a store opens, says so at a write, and works once there is room', async () => {
    writeFileSync(join(disk, 'filler'), Buffer.alloc(freeBytes()));
    const store = await FileSnapshotStore.open({ ...roomy, folder: join(disk, 'state'), keys, sync: false });
    await expect(store.write(session('s'))).rejects.toMatchObject(full);
    rmSync(join(disk, 'filler'));
    await store.write(session('s'));
    expect(await store.read('one', 's')).toEqual(session('s'));
    await store.close();
  });
});
