import type { EngineContext, EnginePage } from '../engine/engine.js';
import type { Session } from './session.js';

/**
 * One command's exclusive use of a session. Dispose it to let the next one in; that starts the idle clock when nobody
 * waits.
 */
export class SessionLease implements Disposable {
  readonly session: Session;
  readonly #signal: AbortSignal;
  readonly #release: () => void;
  #disposed = false;

  /** @param signal when it has aborted by the time of disposal, the page is made fit for the next command first */
  constructor(session: Session, signal: AbortSignal, release: () => void) {
    this.session = session;
    this.#signal = signal;
    this.#release = release;
  }

  get context(): EngineContext {
    return this.session.context;
  }

  /** The page the session shows, if it shows one. */
  get currentPage(): EnginePage | undefined {
    return this.session.page;
  }

  /** The session's page; opened if there is none or the last one died. */
  openPage(signal: AbortSignal): Promise<EnginePage> {
    return this.session.openPage(signal);
  }

  /** The caller's answer does not wait for the page to become fit; the next command does. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const page = this.#signal.aborted && !this.session.over.aborted ? this.session.page : undefined;
    if (page) void page.settle().catch(() => {}).finally(this.#release); // a page that cannot settle is replaced
    else this.#release();
  }
}
