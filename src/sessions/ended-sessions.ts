import { MooringError } from '../errors.js';

/** Why a session ended. */
export type EndReason = 'idle' | 'lifetime' | 'destroyed' | 'crashed' | 'evicted' | 'drained' | 'lost';

/** What is remembered of a session that is gone. */
export interface EndedSession {
  readonly reason: EndReason;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
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
 */
export function sessionEndedError(id: string, ended: EndedSession | undefined): MooringError {
  const what = ended
    ? `ended at ${new Date(ended.endedAt).toISOString()} (${ended.reason}: ${sentences[ended.reason]})`
    : 'was never opened, or ended long ago';
  return new MooringError(
    'SESSION_ENDED',
    `expected an open session, but session not found, browser has been closed: ${id} ${what}.`,
  );
}

export interface EndedSessionsOptions {
  /** How many are remembered; the oldest is forgotten first. */
  readonly max: number;
  /** How long one is remembered. */
  readonly keepMs: number;
}

/** The memory of sessions that are gone, so that a late request learns why. */
export class EndedSessions {
  readonly #options: EndedSessionsOptions;
  /** Oldest first: a Map keeps the order of insertion. */
  readonly #ended = new Map<string, EndedSession>();

  constructor(options: EndedSessionsOptions) {
    this.#options = options;
  }

  remember(key: string, ended: EndedSession): void {
    this.#ended.delete(key);
    this.#ended.set(key, ended);
    for (const [oldest, { endedAt }] of this.#ended) {
      if (this.#ended.size <= this.#options.max && ended.endedAt - endedAt < this.#options.keepMs) break;
      this.#ended.delete(oldest);
    }
  }

  find(key: string): EndedSession | undefined {
    const ended = this.#ended.get(key);
    return ended && Date.now() - ended.endedAt < this.#options.keepMs ? ended : undefined;
  }

  forget(key: string): void {
    this.#ended.delete(key);
  }
}
