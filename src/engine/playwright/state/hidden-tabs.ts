import type { Page, Request } from 'playwright-core';
import { abortable, settledWithin } from '../../../util/deadline.js';
import { isForMainFrame } from '../document-request.js';
import { isGone, tabGoneError } from '../driver-errors.js';
import type { OriginRecord } from './origin-record.js';

/** How long the work on one origin may take, and on all of them. */
const visitTimeoutMs = 5000;
const allVisitsTimeoutMs = 10_000;

/** A tab of ours in a session's context, which nobody sees. */
export interface HiddenTab {
  /** Shows an empty document of that origin. Nothing is fetched. */
  goto(origin: string): Promise<void>;
  /** Runs an expression there; no script of a site does. */
  evaluate(expression: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens a tab that nobody sees; `onOpened` is called before it shows anything. */
export type OpenHiddenTab = (onOpened: (page: Page) => void) => Promise<HiddenTab>;

/** The work on an origin, or on all of them, took too long. */
class TooLateError extends Error {
  constructor() {
    super('it took too long');
  }
}

/** Whether an error is of the tab, not of what was to be done there: another time it may succeed. */
export const isPassing = (error: unknown): boolean => error instanceof TooLateError || isGone(error);

interface OpenedTab {
  readonly tab: Promise<HiddenTab>;
  /** Aborts when its renderer has crashed: what was asked of it may never be answered. */
  readonly crashed: AbortSignal;
}

/** The tabs of ours in a context: for the storage of origins that no page shows. */
export class HiddenTabs {
  readonly #open: OpenHiddenTab;
  readonly #pages = new Set<Page>();

  constructor(open: OpenHiddenTab) {
    this.#open = open;
  }

  has(page: Page): boolean {
    return this.#pages.has(page);
  }

  /** Whether one of them has sent it. */
  haveSent(request: Request): boolean {
    if (this.#pages.size === 0) return false;
    try {
      return [...this.#pages].some((page) => isForMainFrame(request, page));
    } catch {
      return false; // of a tab that has just opened itself, and is not told of yet
    }
  }

  /**
   * Works on one origin after another, each in an empty document of it. Where its tab crashes, that is tried again in another
   * one. What fails or takes too long is told.
   */
  async visit(
    records: readonly OriginRecord[],
    work: (tab: HiddenTab, record: OriginRecord) => Promise<void>,
    onFailure: (record: OriginRecord, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const until = performance.now() + allVisitsTimeoutMs;
    let opened: OpenedTab | undefined;
    const close = (): Promise<void> | undefined => opened?.tab.then((tab) => tab.close()).catch(() => {}); // gone with its context
    const visitOne = async (record: OriginRecord): Promise<void> => {
      opened ??= this.#openOne();
      const { tab, crashed } = opened;
      const visiting = tab.then(async (hidden) => {
        await hidden.goto(record.origin);
        await work(hidden, record);
      });
      await abortable(visiting, crashed);
    };
    /** @returns why it failed */
    const attempt = async (record: OriginRecord): Promise<unknown> => {
      signal.throwIfAborted();
      const leftMs = Math.min(visitTimeoutMs, until - performance.now());
      if (leftMs <= 0) return new TooLateError();
      const visiting = visitOne(record).then(
        () => undefined,
        (error: unknown) => error,
      );
      const error = (await settledWithin(visiting, leftMs)) ? await visiting : new TooLateError();
      if (error !== undefined && isPassing(error)) {
        void close();
        opened = undefined;
      }
      return error;
    };
    try {
      for (const record of records) {
        let error = await attempt(record);
        if (error !== undefined && isPassing(error) && !(error instanceof TooLateError)) error = await attempt(record);
        if (error !== undefined) onFailure(record, error);
      }
    } finally {
      await close();
    }
  }

  #openOne(): OpenedTab {
    const crash = new AbortController();
    const tab = this.#open((page) => {
      this.#pages.add(page);
      page.once('close', () => this.#pages.delete(page));
      page.once('crash', () => crash.abort(tabGoneError('its renderer crashed')));
    });
    return { tab, crashed: crash.signal };
  }
}
