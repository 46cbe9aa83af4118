import type { EngineContext, EnginePage, PageEvent } from '../engine/engine.js';
import type { MooringError } from '../errors.js';
import type { PagePlace } from '../snapshots/browser-state.js';
import { abortable } from '../util/deadline.js';
import { PagePause } from './page-pause.js';
import type { StartGate, StartPlace } from './start-gate.js';

export interface SessionTabOptions {
  readonly owner: string;
  readonly context: EngineContext;
  /** Bounds how many pages start at once, of all sessions. */
  readonly starts: StartGate;
  /** How long after the last request it is paused. If undefined, never. */
  readonly pauseAfterMs: number | undefined;
  /** Where the tab before it stood. */
  readonly place: PagePlace | undefined;
  /** Called before it is paused. */
  readonly beforePause: () => Promise<void>;
  /** Called when it does not stand still though it was told to: a script that never ends holds it up. */
  readonly onHung: () => void;
  /** Called when its process goes on to run though it is paused. */
  readonly onBurning: () => void;
  /** Called when it is paused. */
  readonly onPaused: () => void;
  /** Called when it is to go on after that. */
  readonly onResumed: () => void;
  /** Told what happens on its page. */
  readonly onEvent: (event: PageEvent) => void;
}

/** The tab of a session: opened when it is first needed, and another one when it is lost. */
export class SessionTab {
  readonly #options: SessionTabOptions;
  readonly #pause: PagePause;
  #page: EnginePage | undefined;
  #isUsed = false;
  /** Where it stood when that was last asked. */
  #place: PagePlace | undefined;
  /** While it is being opened and goes to its first address. */
  #starting: StartPlace | undefined;
  /** Those who look at it, each told when it shows another page. */
  readonly #watchers = new Set<() => void>();
  #isInTurn = false;
  #isOver = false;

  constructor(options: SessionTabOptions) {
    this.#options = options;
    this.#place = options.place;
    this.#pause = new PagePause({
      afterMs: options.pauseAfterMs,
      page: () => this.page,
      before: options.beforePause,
      after: options.onPaused,
      hung: options.onHung,
      burns: options.onBurning,
      resumed: options.onResumed,
    });
  }

  /** The page it shows, if it has one that works. */
  get page(): EnginePage | undefined {
    return this.#page?.alive ? this.#page : undefined;
  }

  /** Why the page that it showed is gone. Undefined if it is there, or there never was one. */
  get loss(): MooringError | undefined {
    return this.#page?.loss;
  }

  get isPaused(): boolean {
    return this.#pause.isPaused;
  }

  /** Whether anything was done with it since `begin`. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Where it stood, if there is no page that stands there now. */
  get lostPlace(): PagePlace | undefined {
    return this.page ? undefined : this.#place;
  }

  /** Somebody's turn begins: lets the page go on. */
  async begin(signal: AbortSignal): Promise<void> {
    this.#isUsed = false;
    this.#isInTurn = true;
    await abortable(this.#pause.resume(), signal);
  }

  /** Nobody's turn it is: the page is paused after a while, unless somebody looks at it. */
  rest(): void {
    this.#isInTurn = false;
    if (!this.isWatched) this.#pause.start();
  }

  get isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Keeps the page from being paused, and tells when it is another. @returns what ends that */
  watch(onPage: () => void): Disposable {
    const watcher = (): void => onPage();
    this.#watchers.add(watcher);
    void this.#pause.resume();
    return {
      [Symbol.dispose]: () => {
        if (this.#watchers.delete(watcher) && !this.isWatched && !this.#isInTurn && !this.#isOver) this.#pause.start();
      },
    };
  }

  use(): EnginePage | undefined {
    this.#isUsed = true;
    return this.page;
  }

  /** A page to go elsewhere with: the one there is, if it can let go of what it does, or else a new one. */
  async open(signal: AbortSignal): Promise<EnginePage> {
    this.#isUsed = true;
    if (this.#page && (await abortable(this.#page.settle(), signal))) return this.#page;
    await this.#page?.close();
    this.#starting = await this.#options.starts.enter(this.#options.owner, signal);
    try {
      const page = await this.#options.context.newPage(signal);
      this.#adopt(page);
      return page;
    } catch (error) {
      this.started();
      throw error;
    }
  }

  /** From now on this page of the context is the one it shows. */
  show(page: EnginePage): void {
    if (page !== this.#page) this.#adopt(page);
  }

  #adopt(page: EnginePage): void {
    this.#page = page;
    page.onEvent((event) => {
      if (event.kind === 'crash') this.#noteLastPlace(page);
      this.#options.onEvent(event);
    });
    this.#tellWatchers();
  }

  /** A page that has crashed may have gone on since it was asked last where it stands. */
  #noteLastPlace(page: EnginePage): void {
    const { url, document, viewport } = page;
    if (page !== this.#page || !document || url === this.#place?.url) return;
    this.#place = { url, method: document.method, scroll: { x: 0, y: 0 }, viewport };
  }

  /** The page that was opened has come to its first address: another session's may start. Does nothing without one. */
  started(): void {
    this.#starting?.release();
    this.#starting = undefined;
  }

  /** Where it stands now, or where it stood if its page is gone. */
  async place(signal: AbortSignal): Promise<PagePlace | undefined> {
    const { page } = this;
    if (page) this.#place = await page.place(signal);
    return this.#place;
  }

  /** The session is over, or sleeps. */
  stop(): void {
    this.#isOver = true;
    this.started();
    this.#pause.stop();
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
