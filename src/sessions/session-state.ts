import type { EngineContext } from '../engine/engine.js';
import type { BrowserState, CapturedState, PagePlace } from '../snapshots/browser-state.js';
import { Deadline } from '../util/deadline.js';
import type { SessionTab } from './session-tab.js';

/** What was taken of a session's browser, and when. */
export interface TakenState extends CapturedState {
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  readonly place: PagePlace | undefined;
}

export interface SessionStateOptions {
  readonly context: EngineContext;
  readonly tab: SessionTab;
  /** What the context was opened with. */
  readonly restored: TakenState | undefined;
  /** The most that is taken. */
  readonly maxBytes: number;
}

/** How long a browser may take to give a session's state: far longer than any page needs that answers at all. */
const captureTimeoutMs = 10_000;

const nothing: BrowserState = { cookies: [], origins: [] };

/** The state of a session's browser as it was last seen, so that the session outlives its browser. */
export class SessionState {
  readonly #options: SessionStateOptions;
  #last: TakenState;
  #capturing: Promise<void> | undefined;
  /** Something may have happened since the capture that is under way began. */
  #isAskedAgain = false;

  constructor(options: SessionStateOptions) {
    this.#options = options;
    this.#last = options.restored ?? { state: nothing, left: [], takenAt: Date.now(), place: undefined };
  }

  /** @throws Error if an origin could not be read when the state was last taken, so that not all of it is as it is now */
  assertWhole(): void {
    const { unread = [] } = this.#last;
    if (unread.length > 0) throw new Error(`${unread.join(', ')} could not be read`);
  }

  get last(): TakenState {
    return this.#last;
  }

  /**
   * Takes the state as it is now.
   *
   * @param whole IndexedDB too
   * @throws MooringError when the browser does not give it
   */
  async take(whole: boolean): Promise<void> {
    // One that began before does not know what happened since.
    while (this.#capturing) await this.#capturing.catch(() => {});
    this.#capturing = this.#capture(whole).finally(() => {
      this.#capturing = undefined;
    });
    await this.#capturing;
  }

  /** Takes it without anybody waiting; asked again meanwhile, once more. */
  async refresh(): Promise<void> {
    this.#isAskedAgain = true;
    if (this.#capturing) return;
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      await this.take(false).catch(() => {}); // the state before it stands
    }
  }

  async #capture(whole: boolean): Promise<void> {
    const { context, tab, maxBytes } = this.#options;
    using deadline = new Deadline({
      ms: captureTimeoutMs,
      reason: () => new Error(`the browser did not give the session's state within ${captureTimeoutMs} ms`),
      parent: context.lost,
    });
    const takenAt = Date.now();
    const [captured, place] = await Promise.all([
      context.captureState({ indexedDb: whole, maxBytes }, deadline.signal),
      tab.place(deadline.signal),
    ]);
    this.#last = { ...captured, state: this.#withDatabases(captured.state, whole), takenAt, place };
  }

  /** Databases that were not asked for stay as they were. */
  #withDatabases(state: BrowserState, whole: boolean): BrowserState {
    if (whole) return state;
    const before = this.#last.state.origins.filter(({ indexedDB }) => indexedDB);
    if (before.length === 0) return state;
    const origins = new Map(state.origins.map((origin) => [origin.origin, origin]));
    for (const { origin, indexedDB } of before) {
      const now = origins.get(origin) ?? { origin, localStorage: [], sessionStorage: [] };
      origins.set(origin, { ...now, ...(indexedDB ? { indexedDB } : {}) });
    }
    return { ...state, origins: [...origins.values()] };
  }
}
