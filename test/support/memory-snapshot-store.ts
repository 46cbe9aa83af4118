import { createHash } from 'node:crypto';
import { MooringError } from '../../src/errors.js';
import { OwnerQuota, type OwnerQuotaOptions } from '../../src/snapshots/owner-quota.js';
import type { FoundSession, ReadSession, SnapshotStore, StoredSession } from '../../src/snapshots/snapshot-store.js';

/** Keeps sessions as long as it lives. It proves that the suite of stores asks for nothing of files. */
export class MemorySnapshotStore implements SnapshotStore {
  readonly #texts = new Map<string, string>();
  readonly #quota: OwnerQuota;
  #closed: Promise<void> | undefined;

  constructor(options: OwnerQuotaOptions) {
    this.#quota = new OwnerQuota(options);
  }

  async *found(): AsyncIterable<FoundSession> {
    for (const text of [...this.#texts.values()]) yield { kind: 'session', head: parse(text).head, bytes: text.length };
  }

  async read(owner: string, id: string): Promise<ReadSession | undefined> {
    this.#assertOpen('STATE_UNREADABLE');
    const text = this.#texts.get(this.addressOf(owner, id));
    return text === undefined ? undefined : parse(text);
  }

  async write(session: StoredSession): Promise<void> {
    this.#assertOpen('STATE_NOT_KEPT');
    const { owner, id } = session.head;
    const address = this.addressOf(owner, id);
    const text = JSON.stringify(session);
    const goneBytes = this.#texts.get(address)?.length ?? 0;
    this.#quota.exchange({ owner, bytes: goneBytes }, { owner, bytes: text.length });
    this.#texts.set(address, text);
  }

  async remove(owner: string, id: string): Promise<void> {
    this.#assertOpen('STATE_NOT_KEPT');
    const address = this.addressOf(owner, id);
    this.#quota.count(owner, -(this.#texts.get(address)?.length ?? 0));
    this.#texts.delete(address);
  }

  addressOf(owner: string, id: string): string {
    return createHash('sha256')
      .update(JSON.stringify([owner, id]))
      .digest('hex');
  }

  bytesOf(owner: string): number {
    return this.#quota.bytesOf(owner);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.resolve();
    return this.#closed;
  }

  #assertOpen(code: 'STATE_NOT_KEPT' | 'STATE_UNREADABLE'): void {
    if (this.#closed) throw new MooringError(code, 'expected a store that is open; it is closed.');
  }
}

const parse = (text: string): StoredSession => JSON.parse(text) as StoredSession; // as `write` made it
