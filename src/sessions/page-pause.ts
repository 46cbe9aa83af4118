import type { EnginePage } from '../engine/engine.js';

export interface PagePauseOptions {
  /** How long after its last request a session's page is paused. If undefined, never. */
  readonly afterMs: number | undefined;
  /** The page that the session shows now, if it has one that works. */
  readonly page: () => EnginePage | undefined;
  /** Called while the page still runs, before it is paused. */
  readonly before: () => Promise<void>;
  /** Called when it does not stand still long after it was told to, and again as long as it does not. */
  readonly hung: () => void;
  /** Called when its process runs a good part of the time though it stands still, and again as long as it does. */
  readonly burns: () => void;
  /** Called when it is paused. */
  readonly after: () => void;
  /** Called when it is to go on after that. */
  readonly resumed?: () => void;
}

/** A page stands still within milliseconds; on a machine that is busy, in some seconds. */
const hungAfterMs = 20_000;
/** How often it is looked whether the process of a page that stands still does so too. */
const lookEveryMs = 120_000;
/** The part of that time from which on it does not. Shared and service workers are not paused with their pages. */
const burningPart = 0.2;

/**
 * Lets the page of an idle session stand still, and go on with its next request.
 *
 * ```
 * running → (afterMs) → pausing → paused → (resume) → running
 * ```
 */
export class PagePause {
  readonly #options: PagePauseOptions;
  #timer: NodeJS.Timeout | undefined;
  /** The page that is paused, or on its way to be. */
  #page: EnginePage | undefined;
  #isPaused = false;

  constructor(options: PagePauseOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#isPaused && this.#page?.alive === true;
  }

  /** Counts from now: nobody uses the session. */
  start(): void {
    clearTimeout(this.#timer);
    const { afterMs } = this.#options;
    if (afterMs === undefined) return;
    this.#timer = setTimeout(() => void this.#pause(), afterMs);
    this.#timer.unref();
  }

  /** Somebody is to use the session: lets its page go on, if it stands still. */
  async resume(): Promise<void> {
    if (this.isPaused) this.#options.resumed?.();
    const page = this.#forget();
    await page?.resume().catch(() => {}); // a page that cannot is found out by what comes next
  }

  /** The session is over. */
  stop(): void {
    this.#forget();
  }

  #forget(): EnginePage | undefined {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const page = this.#page;
    this.#page = undefined;
    this.#isPaused = false;
    return page;
  }

  async #pause(): Promise<void> {
    const page = this.#options.page();
    if (!page) return;
    const due = this.#timer;
    await this.#options.before();
    if (this.#timer !== due) return; // somebody came meanwhile
    this.#page = page;
    const overdue = setInterval(this.#options.hung, hungAfterMs);
    overdue.unref();
    this.#timer = overdue;
    const isPaused = await page.pause().catch(() => false); // it goes on running
    if (this.#timer !== overdue) return;
    clearInterval(overdue);
    if (!isPaused) return;
    this.#isPaused = true;
    this.#options.after();
    void this.#lookAt(page);
  }

  /** Looks again and again whether the process of a page that is paused stands still. @param before the last look */
  async #lookAt(page: EnginePage, before?: { readonly ranMs: number; readonly at: number }): Promise<void> {
    const due = this.#timer;
    const ranMs = await page.processTime().catch(() => undefined); // it is gone
    const at = performance.now();
    if (ranMs === undefined || this.#timer !== due) return; // nobody tells, or somebody came meanwhile
    if (before && ranMs - before.ranMs > burningPart * (at - before.at)) this.#options.burns();
    this.#timer = setTimeout(() => void this.#lookAt(page, { ranMs, at }), lookEveryMs);
    this.#timer.unref();
  }
}
