import type { SessionProxy } from '../egress/session-proxy.js';
import type { EngineContext, EngineInfo, EnginePage } from '../engine/engine.js';
import type { MooringError } from '../errors.js';
import type { ResolvedIdentity } from '../identity/identity-resolver.js';
import type { PagePlace } from '../snapshots/browser-state.js';
import type { EndReason } from './ended-sessions.js';
import type { SessionEvents } from './session-events.js';

/** What came of bringing a session back. */
export interface Restored {
  /** When its state was so, milliseconds since 1970. */
  readonly takenAt: number;
  /** What could not be brought back, a sentence each. */
  readonly warnings: readonly string[];
}

/** What a lease gives the use of. */
export interface LeasedSession {
  readonly id: string;
  /** Aborts when the session ends or loses its browser, with the error for its users. */
  readonly over: AbortSignal;
  /** Aborts when the session ends, for good. */
  readonly ended: AbortSignal;
  /** How it appears to sites. */
  readonly identity: ResolvedIdentity;
  /** The browser that really runs. */
  readonly engine: EngineInfo;
  /** What is to be said of how it was made, a sentence each. */
  readonly warnings: readonly string[];
  readonly egress: SessionProxy;
  /** What happened in it. */
  readonly events: SessionEvents;
  readonly context: EngineContext;
  /** The page it shows, if it has one that works. */
  readonly page: EnginePage | undefined;
  /** Why the page that it showed is gone. Undefined if it is there, or there never was one. */
  readonly pageLoss: MooringError | undefined;
  /** Where its page stood, if that is gone and can be gone to again. */
  readonly lostPlace: PagePlace | undefined;
  /** Its page was brought back: the reply says so. */
  noteRestored(warnings: readonly string[]): void;
  /** The page it shows, to do something with it. */
  usePage(): EnginePage | undefined;
  /** Whether anything was done with the page since this lease began. */
  readonly isPageUsed: boolean;
  /** A page to go elsewhere with; opened if there is none, or the last one died or hangs. */
  openPage(signal: AbortSignal): Promise<EnginePage>;
  /** The page that was opened has come to its first address: another session's may start. Does nothing without one. */
  pageStarted(): void;
  /** Ends the session. Idempotent: repeated calls return the same promise. */
  end(reason: EndReason): Promise<void>;
}

/**
 * One command's exclusive use of a session. Dispose it to let the next one in; that starts the idle clock when nobody
 * waits.
 */
export class SessionLease implements Disposable {
  readonly session: LeasedSession;
  readonly #signal: AbortSignal;
  readonly #release: () => void;
  #disposed = false;

  /** @param signal when it has aborted by the time of disposal, a page that was used is made fit for the next command first */
  constructor(session: LeasedSession, signal: AbortSignal, release: () => void) {
    this.session = session;
    this.#signal = signal;
    this.#release = release;
  }

  /** The caller's answer does not wait for the page to become fit; the next command does. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { session } = this;
    const isGivenUp = this.#signal.aborted && !session.over.aborted && session.isPageUsed;
    const page = isGivenUp ? session.page : undefined;
    if (page)
      void page
        .settle()
        .catch(() => {})
        .finally(this.#release); // a page that cannot settle is replaced
    else this.#release();
  }
}
