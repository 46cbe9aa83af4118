import { MemoryWatch } from './memory-watch.js';
import type { Session } from './session.js';
import type { SessionSlots } from './session-slots.js';

export interface SessionRoomOptions {
  /** The sessions that are open. */
  readonly sessions: () => Iterable<Session>;
  readonly slots: Pick<SessionSlots, 'isMemoryShort' | 'roomFailed'>;
  /** Whether memory is the limit: then any session that rests is put to sleep for room, else those alone that are to last. */
  readonly isMemoryTheLimit: boolean;
  /** Whether one more that is not to last may sleep. */
  readonly hasRoomToSleep: () => boolean;
  /** Whether sessions leave browser processes of old age. */
  readonly leavesRetired: boolean;
}

/** How many sessions leave browser processes of old age at each look. */
const leavingAtOnce = 2;
/** The part of those that rest which is put to sleep at each look while memory is short. */
const reliefPart = 0.1;

/** Makes room: ends anonymous sessions that nobody uses, and puts to sleep those that rest. */
export class SessionRoom {
  readonly #options: SessionRoomOptions;
  readonly #memory = new MemoryWatch({ onShort: (isShort) => this.#onMemory(isShort) });

  constructor(options: SessionRoomOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#options.isMemoryTheLimit) this.#memory.start();
  }

  close(): void {
    this.#memory.close();
  }

  /**
   * Makes room for one session.
   *
   * @param owner whose sessions alone may go; if undefined, anybody's
   * @returns false if there is none that may; `roomFailed` of the slots is called if it does not come after all
   */
  make(owner: string | undefined): boolean {
    return this.#evictOldestAnonymous(owner) || this.#sleepForRoom(owner);
  }

  /** How many slots would come free if room were made: in all, and by this owner's own sessions. */
  for(owner: string): { readonly inAll: number; readonly own: number } {
    const resting = new Set(this.#resting());
    const mayGo = [...this.#options.sessions()].filter((session) => session.evictable || resting.has(session));
    return { inAll: mayGo.length, own: mayGo.filter((session) => session.owner === owner).length };
  }

  /**
   * Sessions that rest in a browser process of old age fall asleep, a few at a time, so that it can end; with their next
   * request they wake in another one.
   */
  leaveRetired(): void {
    if (!this.#options.leavesRetired) return;
    let left = leavingAtOnce;
    for (const session of this.#options.sessions()) {
      if (!session.isInRetired || !session.maySleep) continue;
      void session.fallAsleep('browser');
      left -= 1;
      if (left === 0) return;
    }
  }

  #evictOldestAnonymous(owner: string | undefined): boolean {
    let oldest: Session | undefined;
    for (const session of this.#options.sessions()) {
      if (!session.evictable || (owner !== undefined && session.owner !== owner)) continue;
      if (!oldest || session.lastAccessedAt < oldest.lastAccessedAt) oldest = session;
    }
    void oldest?.end('evicted').catch(() => {}); // reported to onEnded
    return oldest !== undefined;
  }

  #sleepForRoom(owner: string | undefined): boolean {
    const [first] = this.#resting(owner);
    if (!first) return false;
    void first.fallAsleep('room').then((isAsleep) => {
      if (!isAsleep) this.#options.slots.roomFailed();
    });
    return true;
  }

  /** Those that may be put to sleep, in the order in which they are: those that are to last first, then the longest idle. */
  #resting(owner?: string): Session[] {
    const { sessions, isMemoryTheLimit, hasRoomToSleep } = this.#options;
    const isLasting = ({ options }: Session): boolean => options.persist ?? false;
    const mayGo = (session: Session): boolean =>
      session.maySleep &&
      (owner === undefined || session.owner === owner) &&
      (isLasting(session) || (isMemoryTheLimit && hasRoomToSleep()));
    return [...sessions()]
      .filter(mayGo)
      .sort((a, b) => Number(isLasting(b)) - Number(isLasting(a)) || a.lastAccessedAt - b.lastAccessedAt);
  }

  #onMemory(isShort: boolean): void {
    this.#options.slots.isMemoryShort = isShort;
    if (!isShort) return;
    const resting = this.#resting();
    const some = Math.max(1, Math.ceil(resting.length * reliefPart));
    for (const session of resting.slice(0, some)) void session.fallAsleep('memory');
  }
}
