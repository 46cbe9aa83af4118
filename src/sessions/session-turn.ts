import type { Session } from './session.js';
import type { SessionLease } from './session-lease.js';

/** One request's turn on its session, and what came of getting it. Dispose it to let the next one in. */
export class SessionTurn implements Disposable {
  readonly session: Session;
  /** Whether the session was opened for this request. */
  readonly created: boolean;
  /** What the caller has to know of it, a sentence each. */
  readonly warnings: readonly string[];
  readonly #lease: SessionLease;

  constructor(session: Session, lease: SessionLease, created: boolean, warnings: readonly string[]) {
    this.session = session;
    this.#lease = lease;
    this.created = created;
    this.warnings = warnings;
  }

  /** Resolves once what was done is kept, of a session that is to last. @throws MooringError as `Session.keep` */
  keep(signal: AbortSignal): Promise<void> {
    return this.session.keep(signal);
  }

  /** Ends the session, so that the next request to its ID opens it afresh. Its end is not waited for. */
  endSession(): void {
    void this.session.end('destroyed', true).catch(() => {}); // reported to onEnded
  }

  [Symbol.dispose](): void {
    this.#lease[Symbol.dispose]();
  }
}
