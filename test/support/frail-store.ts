import { MooringError } from '../../src/errors.js';
import type { FoundSession, ReadSession, SnapshotStore, StoredSession } from '../../src/snapshots/snapshot-store.js';

/** A store in memory that outlives its servers, and fails when it is told to. */
export class FrailStore implements SnapshotStore {
  readonly #texts = new Map<string, string>();
  #problem: string | undefined;
  /** When set, a write waits for it. */
  gate: Promise<void> | undefined;
  /** Called for each write. */
  onWrite: () => void = () => {};

  constructor(texts: Iterable<[string, string]> = []) {
    this.#texts = new Map(texts);
  }

  /** Writes fail for this reason from now on; without one they succeed again. */
  failWrites(problem: string | undefined): void {
    this.#problem = problem;
  }

  /** Another store with what is kept now. */
  copy(): FrailStore {
    return new FrailStore(this.#texts);
  }

  async *found(): AsyncIterable<FoundSession> {
    for (const text of [...this.#texts.values()]) yield { kind: 'session', head: parse(text).head, bytes: text.length };
  }

  async read(owner: string, id: string): Promise<ReadSession | undefined> {
    const text = this.#texts.get(this.addressOf(owner, id));
    return text === undefined ? undefined : parse(text);
  }

  async write(session: StoredSession): Promise<void> {
    this.onWrite();
    await this.gate;
    if (this.#problem !== undefined)
      throw new MooringError('STATE_NOT_KEPT', `expected room for the session; ${this.#problem}.`);
    this.#texts.set(this.addressOf(session.head.owner, session.head.id), JSON.stringify(session));
  }

  async remove(owner: string, id: string): Promise<void> {
    this.#texts.delete(this.addressOf(owner, id));
  }

  addressOf(owner: string, id: string): string {
    return `${owner}\n${id}`;
  }

  bytesOf(owner: string): number {
    return [...this.#texts.values()].reduce(
      (sum, text) => (parse(text).head.owner === owner ? sum + text.length : sum),
      0,
    );
  }

  async close(): Promise<void> {}
}

const parse = (text: string): StoredSession => JSON.parse(text) as StoredSession; // as `write` made it
