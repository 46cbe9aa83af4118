import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSnapshotStore, type FileSnapshotStoreOptions } from '../../../src/snapshots/file-snapshot-store.js';
import { RecordFolder } from '../../../src/snapshots/record-folder.js';
import { allOf, noise, roomy, session } from '../../contract/snapshot-store.js';

const [key, newKey, wrongKey] = ['ab'.repeat(32), 'cd'.repeat(32), 'ef'.repeat(32)] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-state-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (options: Partial<FileSnapshotStoreOptions> = {}): Promise<FileSnapshotStore> =>
  FileSnapshotStore.open({ ...roomy, folder, keys: [], sync: false, ...options });

/** Does something with a store that is opened for it alone. */
async function withStore<T>(
  options: Partial<FileSnapshotStoreOptions>,
  use: (store: FileSnapshotStore) => Promise<T>,
): Promise<T> {
  const store = await open(options);
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Files of records, the newest last. */
const files = (): string[] =>
  readdirSync(folder)
    .toSorted((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))
    .map((name) => join(folder, name));

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

const unreadable = (pattern: RegExp) => ({ code: 'STATE_UNREADABLE', detail: expect.stringMatching(pattern) });

describe('two generations', () => {
  it('two records of a session are kept, however often it is written', async () => {
    await withStore({}, async (store) => {
      for (let n = 0; n < 5; n++) await store.write(session('s', { n }));
      expect(files()).toHaveLength(2);
      expect(files().reduce((sum, path) => sum + statSync(path).size, 0)).toBe(store.bytesOf('one'));
    });
  });

  it.each([[[]], [[key]]])(
    'keys %j – any changed byte or lost end of the newest is told, the one before is used',
    async (keys) => {
      await withStore({ keys }, async (store) => {
        await store.write(session('s', { n: 1 }));
        await store.write(session('s', { n: 2, text: noise(1500) }));
      });
      const [, newest = ''] = files();
      const whole = readFileSync(newest);
      for (let at = 0; at < whole.length; at += at < 300 ? 1 : 97) {
        flip(newest, at);
        await withStore({ keys }, async (store) => {
          expect(await store.read('one', 's')).toEqual({
            ...session('s', { n: 1 }),
            damage: expect.stringMatching(/\w/),
          });
          expect(await allOf(store)).toMatchObject([{ kind: 'session', head: { id: 's' } }]);
        });
        writeFileSync(newest, whole);
      }
      for (const length of [0, 1, 27, 28, 100, whole.length - 1]) {
        truncateSync(newest, length);
        await withStore({ keys }, async (store) => {
          expect(await store.read('one', 's')).toMatchObject({ body: { n: 1 }, damage: expect.stringMatching(/\w/) });
        });
        writeFileSync(newest, whole);
      }
      await withStore({ keys }, async (store) => {
        expect(await store.read('one', 's')).toEqual(session('s', { n: 2, text: noise(1500) }));
      });
    },
  );

  it('a damaged newest – the next write keeps the good one before it, not the damaged one', async () => {
    await withStore({}, async (store) => {
      await store.write(session('s', { n: 1 }));
      await store.write(session('s', { n: 2 }));
      flip(files()[1] ?? '', 300);
      flip(files()[1] ?? '', statSync(files()[1] ?? '').size - 1);
      expect((await store.read('one', 's'))?.body.n).toBe(1);
      await store.write(session('s', { n: 3 }));
      flip(files()[1] ?? '', 40);
      expect(await store.read('one', 's')).toMatchObject({ body: { n: 1 }, damage: 'its head was changed' });
    });
  });

  it('both damaged – the session is told as unreadable, left as it is, and others are well', async () => {
    await withStore({}, async (store) => {
      await store.write(session('s', { n: 1 }));
      await store.write(session('s', { n: 2 }));
    });
    for (const path of files()) flip(path, 40);
    await withStore({}, async (store) => {
      await store.write(session('other'));
      await expect(store.read('one', 's')).rejects.toMatchObject(
        unreadable(/^expected a whole record .+ head was changed/),
      );
      expect(await allOf(store)).toContainEqual({
        kind: 'unreadable',
        address: store.addressOf('one', 's'),
        why: 'damage',
        bytes: expect.any(Number),
      });
      expect(await store.read('one', 'other')).toEqual(session('other'));
    });
    expect(files()).toHaveLength(3);
    await withStore({}, async (store) => {
      await store.remove('one', 's');
      expect(await store.read('one', 's')).toBeUndefined();
    });
    expect(files()).toHaveLength(1);
  });

  it('a record that was deleted by hand – is told, the one before is used', async () => {
    await withStore({}, async (store) => {
      await store.write(session('s', { n: 1 }));
      await store.write(session('s', { n: 2 }));
      rmSync(files()[1] ?? '');
      expect(await store.read('one', 's')).toMatchObject({ body: { n: 1 }, damage: expect.stringMatching(/ENOENT/) });
    });
  });

  it('what a killed server left half-done – half a file, a third record – is swept at the next start', async () => {
    await withStore({}, async (store) => {
      await store.write(session('s', { n: 1 }));
      await store.write(session('s', { n: 2 }));
    });
    const [oldest = '', newest = ''] = files();
    writeFileSync(newest.replace(/\d+$/, '3'), readFileSync(newest));
    writeFileSync(newest.replace(/\d+$/, '4.part'), readFileSync(newest).subarray(0, 30));
    writeFileSync(join(folder, 'README'), 'of somebody else');
    await withStore({}, async (store) => {
      expect((await store.read('one', 's'))?.body.n).toBe(2);
      await store.write(session('s', { n: 3 }));
    });
    expect(readdirSync(folder)).toHaveLength(3);
    expect(readdirSync(folder)).toContain('README');
    expect(files()).not.toContain(oldest);
  });
});

describe('keys', () => {
  it('with a key – nothing of a session can be read from the disk', async () => {
    const text = 'a secret that compresses '.repeat(200);
    await withStore({ keys: [key] }, (store) => store.write(session('the-id', { text, short: 'hush' }, 'the-owner')));
    const onDisk = files().map((path) => path + readFileSync(path, 'latin1'));
    expect(onDisk.join()).not.toMatch(/secret|hush|the-id|the-owner/);
  });

  it('another key – neither opened nor lost: read and write say that the key does not fit', async () => {
    await withStore({ keys: [key] }, (store) => store.write(session('s', { n: 1 })));
    for (const [keys, got] of [
      [[wrongKey], 'it does not fit'],
      [[], 'it is not set'],
    ] as const) {
      await withStore({ keys }, async (store) => {
        const refusal = unreadable(new RegExp(`^expected in MOORING_STATE_KEY the key .+; ${got}\\.`));
        expect(await allOf(store)).toContainEqual({
          kind: 'unreadable',
          why: 'key',
          address: store.addressOf('one', 's'),
          bytes: expect.any(Number),
        });
        await expect(store.read('one', 's')).rejects.toMatchObject(refusal);
        await expect(store.write(session('s', { n: 2 }))).rejects.toMatchObject(refusal);
        const other = session(`with ${keys.length} keys`, { n: 3 }, 'two');
        await store.write(other);
        expect(await store.read('two', other.head.id)).toEqual(other);
      });
    }
    await withStore({ keys: [key] }, async (store) => {
      expect((await store.read('one', 's'))?.body.n).toBe(1);
    });
    await withStore({ keys: [wrongKey] }, async (store) => {
      await store.remove('one', 's');
      await store.write(session('s', { n: 4 }));
      expect((await store.read('one', 's'))?.body.n).toBe(4);
    });
  });

  it('a damaged record over one of another key – waits for the key, and is not written over', async () => {
    await withStore({ keys: [key] }, async (store) => {
      await store.write(session('s', { n: 1 }));
      await store.write(session('s', { n: 2 }));
    });
    flip(files()[1] ?? '', 3);
    await withStore({ keys: [wrongKey] }, async (store) => {
      await expect(store.write(session('s'))).rejects.toMatchObject(unreadable(/MOORING_STATE_KEY/));
    });
  });

  it('rotation – both keys open, the first seals; afterwards the old one is not needed', async () => {
    await withStore({ keys: [key] }, (store) => store.write(session('s', { n: 1 })));
    await withStore({ keys: [newKey, key] }, async (store) => {
      expect((await store.read('one', 's'))?.body.n).toBe(1);
      await store.write(session('s', { n: 2 }));
    });
    await withStore({ keys: [newKey] }, async (store) => {
      expect((await store.read('one', 's'))?.body.n).toBe(2);
    });
  });

  it('a key that is set later – opens what was stored without, and seals it at the next write', async () => {
    await withStore({}, (store) => store.write(session('s', { n: 1, text: 'plain' })));
    expect(readFileSync(files()[0] ?? '', 'latin1')).toContain('plain');
    await withStore({ keys: [key] }, async (store) => {
      expect((await store.read('one', 's'))?.body.n).toBe(1);
      await store.write(session('s', { n: 2, text: 'plain' }));
    });
    expect(readFileSync(files()[1] ?? '', 'latin1')).not.toContain('plain');
  });

  it.each([[[]], [[key]]])('keys %j – the record of one session is no record of another', async (keys) => {
    await withStore({ keys }, async (store) => {
      await store.write(session('mine'));
      renameSync(files()[0] ?? '', join(folder, `${store.addressOf('two', 'theirs')}.1`));
    });
    await withStore({ keys }, async (store) => {
      await expect(store.read('two', 'theirs')).rejects.toMatchObject(unreadable(/whole record/));
    });
  });

  it('the same session twice – is sealed differently', async () => {
    await withStore({ keys: [key] }, async (store) => {
      await store.write(session('s'));
      await store.write(session('s'));
    });
    const [one, two] = files().map((path) => readFileSync(path).subarray(28));
    expect(one?.equals(two ?? one)).toBe(false);
  });

  it('a record of a newer version – is told, and not written over', async () => {
    await withStore({}, (store) => store.write(session('s')));
    const path = files()[0] ?? '';
    const bytes = readFileSync(path);
    bytes[3] = 2;
    createHash('sha256').update(bytes.subarray(0, 24)).digest().copy(bytes, 24, 0, 4);
    writeFileSync(path, bytes);
    await withStore({}, async (store) => {
      expect(await allOf(store)).toMatchObject([{ kind: 'unreadable', why: 'version' }]);
      await expect(store.write(session('s'))).rejects.toMatchObject(unreadable(/a newer one has stored it/));
    });
  });
});

describe('quota', () => {
  it('counts at the start what is there', async () => {
    const bytes = await withStore({}, async (store) => {
      await store.write(session('a', { text: noise(500) }));
      await store.write(session('a', { text: noise(700) }));
      await store.write(session('b', {}, 'two'));
      return [store.bytesOf('one'), store.bytesOf('two')];
    });
    await withStore({}, async (store) => {
      expect([store.bytesOf('one'), store.bytesOf('two')]).toEqual(bytes);
    });
  });

  it('a limit that was lowered – refuses more, and takes what is less', async () => {
    const text = (length: number) => session('s', { text: noise(length) });
    await withStore({}, async (store) => {
      await store.write(text(900));
      await store.write(text(900));
    });
    await withStore({ limitPerOwnerBytes: 100 }, async (store) => {
      await expect(store.write(text(950))).rejects.toMatchObject({ code: 'STATE_NOT_KEPT' });
      await store.write(text(800));
      expect((await store.read('one', 's'))?.body).toEqual(text(800).body);
    });
  });
});

describe('a disk', () => {
  /** One that never ends with a record, until it is let go. */
  class HangingFolder extends RecordFolder {
    readonly #gate = new EventEmitter();
    hangs = true;
    letGo(): void {
      this.hangs = false;
      this.#gate.emit('open');
    }
    override async put(...call: Parameters<RecordFolder['put']>): Promise<void> {
      if (this.hangs) await once(this.#gate, 'open');
      return super.put(...call);
    }
  }

  it('that never ends – a write and the close have a deadline; nothing of it comes late', async () => {
    const records = new HangingFolder(folder, false);
    const store = await open({ records, timeoutMs: 50 });
    const late = (ms: number) => ({
      code: 'STATE_NOT_KEPT',
      detail: `expected the disk to be done within ${ms} ms; it was not.`,
    });
    const writes = [store.write(session('s', { n: 1 })), store.write(session('s', { n: 2 }))];
    await expect(writes[0]).rejects.toMatchObject(late(50));
    await expect(writes[1]).rejects.toMatchObject(late(300));
    expect(store.bytesOf('one')).toBeLessThan(2000);
    records.letGo();
    await expect
      .poll(() =>
        store.write(session('s', { n: 3 })).then(
          () => 'kept',
          () => 'not',
        ),
      )
      .toBe('kept');
    expect((await store.read('one', 's'))?.body.n).toBe(3);
    records.hangs = true;
    await store.close();
    expect(files()).toHaveLength(1);
  });

  it('that refuses – the error says why, what was there stays, and it works again afterwards', async () => {
    class FullFolder extends RecordFolder {
      isFull = false;
      override async put(...call: Parameters<RecordFolder['put']>): Promise<void> {
        if (this.isFull) throw Object.assign(new Error('no'), { code: 'ENOSPC' });
        return super.put(...call);
      }
    }
    const records = new FullFolder(folder, false);
    await withStore({ records }, async (store) => {
      await store.write(session('s', { n: 1 }));
      const bytes = store.bytesOf('one');
      records.isFull = true;
      await expect(store.write(session('s', { n: 2 }))).rejects.toMatchObject({
        code: 'STATE_NOT_KEPT',
        detail: 'expected a disk that takes and gives stored sessions; the disk is full (ENOSPC).',
      });
      expect([store.bytesOf('one'), (await store.read('one', 's'))?.body.n]).toEqual([bytes, 1]);
      records.isFull = false;
      await store.write(session('s', { n: 3 }));
      expect((await store.read('one', 's'))?.body.n).toBe(3);
    });
  });

  it('a folder that cannot be made – is told by a sentence', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(open({ folder: join(folder, 'file') })).rejects.toThrow(
      /^expected a folder for stored sessions at .+; a file is in the way \(ENOTDIR\)\.$/,
    );
  });

  it('files are for this user alone', async () => {
    await withStore({ folder: join(folder, 'state') }, (store) => store.write(session('s')));
    const path = join(folder, 'state');
    const [name = ''] = readdirSync(path);
    expect([statSync(path).mode & 0o777, statSync(join(path, name)).mode & 0o777]).toEqual([0o700, 0o600]);
  });
});
