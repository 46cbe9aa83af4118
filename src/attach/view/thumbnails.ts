import { createHash } from 'node:crypto';
import { MooringError } from '../../errors.js';
import type { Session } from '../../sessions/session.js';
import type { SessionManager } from '../../sessions/session-manager.js';
import { StartGate } from '../../sessions/start-gate.js';
import { Deadline } from '../../util/deadline.js';

export interface ThumbnailsOptions {
  readonly sessions: Pick<SessionManager, 'openNow' | 'isActive'>;
  readonly limits?: Partial<ThumbnailLimits>;
}

export interface ThumbnailLimits {
  /** How many pictures are taken at once, of all sessions. Default: 2. */
  readonly atOnce: number;
  /** How long one may take, and how long it may wait for its turn. Default: 2 s and 10 s. */
  readonly takingMs: number;
  readonly waitingMs: number;
  /** How many are remembered, and their bytes in all; of one. Default: 1000, 16 MB, 32 KB. */
  readonly max: number;
  readonly maxBytes: number;
  readonly maxBytesEach: number;
  /** How old one of a page that is in use may be. Default: 5 s. */
  readonly inUseMs: number;
}

const defaults: ThumbnailLimits = {
  atOnce: 2,
  takingMs: 2000,
  waitingMs: 10_000,
  max: 1000,
  maxBytes: 16 * 1024 ** 2,
  maxBytesEach: 32 * 1024,
  inUseMs: 5000,
};

/** A list shows them 80 pixels wide, on screens with up to three pixels to each of those. */
const picture = { maxWidth: 240, maxHeight: 240, quality: 60 } as const;
const maxTitleChars = 200;

/** How the page of a session looked. */
export interface KnownThumbnail {
  readonly jpeg: Buffer;
  /** At most 200 characters; empty: it has none. */
  readonly title: string;
  /** Another one looks different. */
  readonly hash: string;
}

interface Entry extends KnownThumbnail {
  readonly of: Sight;
  /** By `performance.now()`. */
  readonly takenAt: number;
  readonly life: AbortSignal;
  readonly onEnd: () => void;
}

/** What tells that a page may look different now. Another page of a session came with a use of it. */
interface Sight {
  readonly url: string;
  readonly state: Session['state'];
  /** Undefined while it is in use. */
  readonly lastAccessedAt: number | undefined;
}

/**
 * Small pictures of sessions' pages, for lists. One is taken when somebody asks for it and something has happened in its
 * session since the one before. Taking it neither renews nor wakes the session, nor waits for its turn. They are held in
 * memory, until their session ends.
 */
export class Thumbnails {
  readonly #sessions: ThumbnailsOptions['sessions'];
  readonly #limits: ThumbnailLimits;
  readonly #gate: StartGate;
  /** The one that was asked for longest ago first. */
  readonly #known = new Map<string, Entry>();
  readonly #taking = new Map<string, Promise<void>>();
  #bytes = 0;

  constructor({ sessions, limits = {} }: ThumbnailsOptions) {
    this.#sessions = sessions;
    this.#limits = { ...defaults, ...limits };
    this.#gate = new StartGate({ limit: this.#limits.atOnce, holdMs: this.#limits.takingMs });
  }

  /** Their bytes in all. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * How the page looks; how it looked when it was seen last, if it gives no picture now.
   *
   * @returns undefined if it was never seen
   * @throws MooringError `NOT_FOUND` if this owner has no such session
   */
  async find(owner: string, id: string): Promise<KnownThumbnail | undefined> {
    const key = keyFor(owner, id);
    if (!this.#isCurrent(key, this.#assertedSight(owner, id))) {
      // One that is under way may have begun before what was asked for.
      const begun = this.#taking.get(key);
      await begun;
      if (!begun || !this.#isCurrent(key, this.#assertedSight(owner, id))) await this.#takeOnce(key, owner, id);
    }
    const entry = this.#known.get(key);
    if (!entry) return undefined;
    this.#known.delete(key);
    this.#known.set(key, entry);
    return entry;
  }

  /** @returns false if nothing came of the last try to take one: it may do later @throws MooringError `NOT_FOUND` */
  isCurrent(owner: string, id: string): boolean {
    return this.#isCurrent(keyFor(owner, id), this.#assertedSight(owner, id));
  }

  /** @returns undefined if it shows no page @throws MooringError `NOT_FOUND` */
  #assertedSight(owner: string, id: string): Sight | undefined {
    const session = this.#sessions.openNow(owner, id);
    if (session) return sightOf(session);
    if (this.#sessions.isActive(owner, id)) return undefined;
    throw new MooringError('NOT_FOUND', 'expected a session that is open or asleep; there is none of that name.');
  }

  /** Whether there is nothing else to be seen than what is known. */
  #isCurrent(key: string, sight: Sight | undefined): boolean {
    if (!sight) return true;
    const known = this.#known.get(key);
    if (!known || !isSame(known.of, sight)) return false;
    return sight.lastAccessedAt !== undefined || performance.now() - known.takenAt < this.#limits.inUseMs;
  }

  #takeOnce(key: string, owner: string, id: string): Promise<void> {
    let taking = this.#taking.get(key);
    if (!taking) {
      taking = this.#take(key, owner, id).finally(() => this.#taking.delete(key));
      this.#taking.set(key, taking);
    }
    return taking;
  }

  async #take(key: string, owner: string, id: string): Promise<void> {
    const { waitingMs, takingMs, maxBytesEach } = this.#limits;
    const reason = () => new Error('no picture in time');
    try {
      using waiting = new Deadline({ ms: waitingMs, reason });
      const place = await this.#gate.enter(owner, waiting.signal);
      try {
        using taking = new Deadline({ ms: takingMs, reason });
        const session = this.#sessions.openNow(owner, id);
        const sight = session && sightOf(session);
        if (!session?.page || !sight) return;
        const takenAt = performance.now();
        const isInUse = sight.lastAccessedAt === undefined;
        const taken = await session.page.thumbnail({ ...picture, isInUse }, taking.signal);
        if (!taken || taken.jpeg.byteLength > maxBytesEach || session.ended.aborted) return;
        this.#keep(key, session.ended, { ...shown(taken), of: sight, takenAt });
      } finally {
        place.release();
      }
    } catch {
      // A page that gives no picture in time, or is gone: what is known of it stands.
    }
  }

  #keep(key: string, life: AbortSignal, taken: Omit<Entry, 'life' | 'onEnd'>): void {
    this.#forget(key);
    const onEnd = (): void => this.#forget(key);
    life.addEventListener('abort', onEnd, { once: true });
    this.#known.set(key, { ...taken, life, onEnd });
    this.#bytes += taken.jpeg.byteLength;
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#limits.max && this.#bytes <= this.#limits.maxBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const entry = this.#known.get(key);
    if (!entry) return;
    entry.life.removeEventListener('abort', entry.onEnd);
    this.#known.delete(key);
    this.#bytes -= entry.jpeg.byteLength;
  }
}

const keyFor = (owner: string, id: string): string => JSON.stringify([owner, id]);

function sightOf({ page, state, lastAccessedAt }: Session): Sight | undefined {
  if (!page?.document) return undefined;
  const isInUse = state === 'busy' || state === 'attached';
  return { url: page.url, state, lastAccessedAt: isInUse ? undefined : lastAccessedAt };
}

const isSame = (one: Sight, other: Sight): boolean =>
  one.url === other.url && one.state === other.state && one.lastAccessedAt === other.lastAccessedAt;

function shown({ jpeg, title }: { readonly jpeg: Uint8Array; readonly title: string }): KnownThumbnail {
  // What is cut in the middle of a character is no text.
  const text = Buffer.from(title.slice(0, maxTitleChars)).toString();
  const hash = createHash('sha256').update(jpeg).update(text).digest('base64url').slice(0, 22);
  return { jpeg: Buffer.from(jpeg), title: text, hash };
}
