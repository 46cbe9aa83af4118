import { MooringError } from '../errors.js';
import { WaitQueue } from '../util/wait-queue.js';

export interface LaneOptions {
  /** The session that it leads to, for messages. */
  readonly session: string;
  /** How many callers it holds at once, the one whose turn it is included. */
  readonly limit: number;
}

/** Exclusive use of a session, handed out in order of arrival. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #waiters = new WaitQueue<void>();
  #isTaken = false;
  /** Who has its turn, for messages; if undefined, a request. */
  #holder: string | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Whether it is somebody's turn. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Callers that wait for their turn. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for a turn. Each needs one `leave()`.
   *
   * @param holder who it is, for messages to those that wait; if omitted, a request
   * @throws MooringError `SESSION_BUSY` when the lane is full, or the deadline of the request passes here; otherwise the
   *   signal's reason when it aborts first, or what `close` is called with
   */
  async enter(signal: AbortSignal, holder?: string): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      this.#holder = holder;
      return;
    }
    const { session, limit } = this.#options;
    if (this.#waiters.size + 1 >= limit) {
      const why = this.#holder ?? 'requests on one session run one after another';
      throw new MooringError(
        'SESSION_BUSY',
        `expected room in the lane of session ${session}, but its ${limit} places are taken; ${why}.`,
        { retryAfterMs: 1000 },
      );
    }
    try {
      await this.#waiters.wait(signal);
    } catch (error) {
      throw busyInstead(error, session, this.#holder);
    }
    this.#holder = holder;
  }

  /** Ends a turn: the next one begins. @returns true if nobody waits, so that the lane is free */
  leave(): boolean {
    const next = this.#waiters.take();
    if (next) next.grant();
    else this.#isTaken = false;
    return !next;
  }

  /** Refuses those that wait. A turn that has begun goes on until it is left. */
  close(error: unknown): void {
    this.#waiters.refuseAll(error);
  }
}

/** A deadline that passes in the lane is no slow navigation: say what was waited for. */
function busyInstead(error: unknown, session: string, holder: string | undefined): unknown {
  if (!(error instanceof MooringError) || error.code !== 'NAVIGATION_TIMEOUT') return error;
  const why = holder ?? `earlier requests on session ${session} were still running; wait for them`;
  return new MooringError(
    'SESSION_BUSY',
    `expected the turn of this request within its \`timeout\`, but ${why}, or raise \`timeout\`.`,
    { cause: error, retryAfterMs: 1000 },
  );
}
