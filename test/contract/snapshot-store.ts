import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OwnerQuotaOptions } from '../../src/snapshots/owner-quota.js';
import type { FoundSession, SnapshotStore, StoredSession } from '../../src/snapshots/snapshot-store.js';

export const roomy = { limitBytes: 10 * 1024 ** 3, limitPerOwnerBytes: 10 * 1024 ** 3 };

/** A session whose body says which write it came by. */
export const session = (id: string, body: StoredSession['body'] = {}, owner = 'one'): StoredSession => ({
  head: {
    owner,
    id,
    createdAt: 1,
    lastAccessedAt: 2,
    takenAt: 3,
    persist: true,
    anonymous: false,
    bytesIn: 0,
    bytesOut: 0,
  },
  body: { version: 1, ...body },
});

/** A text that does not compress well. */
export function noise(length: number): string {
  let state = 1;
  let text = '';
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

export async function allOf(store: SnapshotStore): Promise<FoundSession[]> {
  const found: FoundSession[] = [];
  for await (const entry of store.found()) found.push(entry);
  return found;
}

/** What every store of sessions does. */
export function describeSnapshotStore(
  name: string,
  open: (options: OwnerQuotaOptions) => Promise<SnapshotStore>,
): void {
  describe(`snapshot store: ${name}`, () => {
    let store: SnapshotStore;
    beforeEach(async () => {
      store = await open(roomy);
    });
    afterEach(() => store.close());

    it('write, read – gives back what was written, of any text and size', async () => {
      const bodies = [
        {},
        { text: 'ä \u0000 \ud83d\ude00 "' },
        { deep: [{ a: null, b: [1.5, true] }] },
        { n: noise(3e6) },
      ];
      for (const [i, body] of bodies.entries()) await store.write(session(`s${i}`, body));
      for (const [i, body] of bodies.entries())
        expect(await store.read('one', `s${i}`)).toEqual(session(`s${i}`, body));
    });

    it('read – a session that was never written – is nothing', async () => {
      expect(await store.read('one', 'none')).toBeUndefined();
    });

    it('write – what is changed after the call – is not stored', async () => {
      const body = { items: ['a'] };
      const writing = store.write(session('s', body));
      body.items.push('b');
      await writing;
      expect((await store.read('one', 's'))?.body.items).toEqual(['a']);
    });

    it('write – a second time – is what is read from then on', async () => {
      await store.write(session('s', { n: 1 }));
      await store.write({ ...session('s', { n: 2 }), head: { ...session('s').head, takenAt: 9 } });
      expect(await store.read('one', 's')).toMatchObject({ head: { takenAt: 9 }, body: { n: 2 } });
      expect(await allOf(store)).toMatchObject([{ kind: 'session', head: { id: 's', takenAt: 9 } }]);
    });

    it('owners – the same ID is another session', async () => {
      await store.write(session('s', { n: 1 }, 'one'));
      await store.write(session('s', { n: 2 }, 'two'));
      await store.remove('one', 's');
      expect(await store.read('one', 's')).toBeUndefined();
      expect((await store.read('two', 's'))?.body.n).toBe(2);
      expect([store.bytesOf('one'), store.bytesOf('two') > 0]).toEqual([0, true]);
    });

    it('addressOf – no two pairs of owner and ID share one', () => {
      const pairs = [
        ['a', 'bc'],
        ['ab', 'c'],
        ['a","b', 'c'],
        ['a', 'b","c'],
        ['bc', 'a'],
      ] as const;
      expect(new Set(pairs.map(([owner, id]) => store.addressOf(owner, id))).size).toBe(pairs.length);
      expect(store.addressOf('a', 'b')).toMatch(/^[0-9a-f]{64}$/);
    });

    it('remove – takes all of a session, and is nothing where there is none', async () => {
      await store.write(session('s'));
      await store.write(session('s'));
      await store.remove('one', 's');
      await store.remove('one', 's');
      expect([await store.read('one', 's'), await allOf(store), store.bytesOf('one')]).toEqual([undefined, [], 0]);
    });

    it('writes of one session at once – the last call is what stays', async () => {
      const sizes = [200_000, 10, 50_000, 1];
      const writes = Array.from({ length: 40 }, (_, n) =>
        store.write(session('s', { n, text: noise(sizes[n % sizes.length] ?? 0) })),
      );
      await Promise.all(writes);
      expect((await store.read('one', 's'))?.body.n).toBe(39);
    });

    it('calls that nobody waits for – take effect in their order', async () => {
      const calls = [store.write(session('s', { n: 1 })), store.read('one', 's'), store.remove('one', 's')] as const;
      const last = store.read('one', 's');
      expect((await calls[1])?.body.n).toBe(1);
      expect(await last).toBeUndefined();
      await Promise.all(calls);
    });

    it('many sessions – 2 000 at once are all there, and listed with their heads', async () => {
      const ids = Array.from({ length: 2000 }, (_, i) => `session-${i}`);
      await Promise.all(ids.map((id) => store.write(session(id))));
      const found = await allOf(store);
      expect(new Set(found.map((entry) => entry.kind === 'session' && entry.head.id))).toEqual(new Set(ids));
      expect(found.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(store.bytesOf('one'));
    });

    it('an owner’s share – is refused by the name of its setting, and what was there stays', async () => {
      await store.write(session('s', { n: 1, text: noise(2000) }));
      const small = await open({ ...roomy, limitPerOwnerBytes: store.bytesOf('one') * 3 });
      await small.write(session('s', { n: 1, text: noise(2000) }));
      await expect(small.write(session('s', { n: 2, text: noise(10_000) }))).rejects.toMatchObject({
        code: 'STATE_NOT_KEPT',
        detail: expect.stringContaining('MOORING_STATE_LIMIT_PER_KEY'),
      });
      expect((await small.read('one', 's'))?.body.n).toBe(1);
      expect(small.bytesOf('one')).toBe(store.bytesOf('one'));
      // Another owner has a share of its own; and what is removed makes room.
      await small.write(session('s', { n: 3, text: noise(2000) }, 'two'));
      await small.remove('one', 's');
      await small.write(session('s', { n: 4, text: noise(3000) }));
      await small.close();
    });

    it('the limit of all – holds for all owners together, also for writes at once', async () => {
      await store.write(session('s', { text: noise(2000) }));
      const small = await open({ ...roomy, limitBytes: store.bytesOf('one') * 2.5 });
      const owners = ['one', 'two', 'three', 'four'];
      const results = await Promise.allSettled(
        owners.map((owner) => small.write(session('s', { text: noise(2000) }, owner))),
      );
      const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(reasons).toHaveLength(2);
      expect(reasons[0]).toMatchObject({
        code: 'STATE_NOT_KEPT',
        detail: expect.stringMatching(/MOORING_STATE_LIMIT\)/),
      });
      expect(await allOf(small)).toHaveLength(2);
      await small.close();
    });

    it('close – twice is the same promise; what was asked before is done, what comes after is refused', async () => {
      let done = 0;
      const writes = Array.from({ length: 50 }, (_, i) =>
        store.write(session(`s${i}`, { text: noise(20_000) })).then(() => done++),
      );
      const closing = store.close();
      expect(store.close()).toBe(closing);
      await closing;
      await Promise.all(writes);
      expect(done).toBe(50);
      await expect(store.write(session('late'))).rejects.toMatchObject({ code: 'STATE_NOT_KEPT' });
      await expect(store.read('one', 's1')).rejects.toMatchObject({ code: 'STATE_UNREADABLE' });
    });
  });
}
