import { MooringError } from '../errors.js';
import { BoundedMemory } from './bounded-memory.js';
import type { OptionDigest } from './session-options.js';

/** Why a session ended. */
export type EndReason = 'idle' | 'lifetime' | 'destroyed' | 'crashed' | 'evicted' | 'drained' | 'lost';

/** What is remembered of a session that is gone. */
export interface EndedSession {
  readonly reason: EndReason;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
  /** Whether its own request ended it (`closeAfterUse`). */
  readonly afterUse?: boolean;
  /** Whether a request opens it afresh: no `sessions.create` made it, or its own request ended it. */
  readonly startsAfresh?: boolean;
  /** What its caller asked of the upstream. Undefined if it connected directly. */
  readonly upstream?: OptionDigest;
}

const sentences: Record<EndReason, string> = {
  idle: 'no request came within its idle time',
  lifetime: 'its longest lifetime was over',
  destroyed: 'it was destroyed by its caller',
  crashed: 'its browser process crashed',
  evicted: 'it was anonymous and idle, and its room was needed',
  drained: 'the server shut down',
  lost: 'its state could not be kept',
};

/**
 * The error for a request to a session that is gone, or of which nothing is known. Existing clients look for the two
 * phrases in the middle.
 *
 * @param hint what else the caller has to know, a sentence
 */
export function sessionEndedError(id: string, ended: EndedSession | undefined, hint?: string): MooringError {
  const what = ended ? describeEnd(ended) : 'was never opened, or ended long ago';
  return new MooringError(
    'SESSION_ENDED',
    `expected an open session, but session not found, browser has been closed: ${id} ${what}.${hint === undefined ? '' : ` ${hint}`}`,
  );
}

/** The error for `mustExist` on an ID of which nothing is known, or on none. */
export function sessionNotFoundError(id: string | undefined): MooringError {
  const which = id === undefined ? 'the request names none' : `${id} was never opened, or ended long ago`;
  return new MooringError(
    'SESSION_NOT_FOUND',
    `expected an open session (\`mustExist\`), but session not found, browser has been closed: ${which}.`,
  );
}

/** `ended at … (idle: …)`. */
export function describeEnd({ endedAt, reason, afterUse }: EndedSession): string {
  const why = afterUse ? 'its last request said `closeAfterUse`' : sentences[reason];
  return `ended at ${new Date(endedAt).toISOString()} (${reason}: ${why})`;
}

const bounds = { maxPerOwner: 10_000, max: 100_000 };
/** For how long it is remembered that a session ended which had no proxy of its own. */
const keepMs = 3_600_000;

/** The memory of sessions that are gone, so that a late request learns why, and opens none of them in another way. */
export class EndedSessions {
  readonly #named = new BoundedMemory<EndedSession>(bounds);
  /** By themselves, for they are many: they must not push out the others. */
  readonly #anonymous = new BoundedMemory<EndedSession>(bounds);

  remember(owner: string, id: string, anonymous: boolean, ended: EndedSession): void {
    (anonymous ? this.#anonymous : this.#named).remember(owner, id, ended);
  }

  find(owner: string, id: string): EndedSession | undefined {
    const ended = this.#named.find(owner, id) ?? this.#anonymous.find(owner, id);
    if (!ended) return undefined;
    return ended.upstream?.size || Date.now() - ended.endedAt < keepMs ? ended : undefined;
  }

  /** From now on it counts as one that had a proxy of its own. */
  guard(owner: string, id: string, upstream: OptionDigest): void {
    for (const memory of [this.#named, this.#anonymous]) {
      const ended = memory.find(owner, id);
      if (ended) memory.remember(owner, id, { ...ended, upstream });
    }
  }

  forget(owner: string, id: string): void {
    this.#named.forget(owner, id);
    this.#anonymous.forget(owner, id);
  }
}
