import type { Page, Request } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { isForMainFrame } from '../document-request.js';
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

  /** Works on one origin after another, each in an empty document of it. What fails or takes too long is told. */
  async visit(
    records: readonly OriginRecord[],
    work: (tab: HiddenTab, record: OriginRecord) => Promise<void>,
    onFailure: (record: OriginRecord, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const until = performance.now() + allVisitsTimeoutMs;
    let tab: Promise<HiddenTab> | undefined;
    const close = (): Promise<void> | undefined => tab?.then((opened) => opened.close()).catch(() => {}); // gone with its context
    const visitOne = async (record: OriginRecord): Promise<void> => {
      tab ??= this.#openOne();
      const opened = await tab;
      await opened.goto(record.origin);
      await work(opened, record);
    };
    try {
      for (const record of records) {
        signal.throwIfAborted();
        const leftMs = Math.min(visitTimeoutMs, until - performance.now());
        if (leftMs <= 0) {
          onFailure(record, new Error('it took too long'));
          continue;
        }
        const visiting = visitOne(record);
        visiting.catch(() => {}); // it may be given up
        if (await settledWithin(visiting, leftMs)) {
          await visiting.catch((error: unknown) => onFailure(record, error));
          continue;
        }
        onFailure(record, new Error('it took too long'));
        void close();
        tab = undefined;
      }
    } finally {
      await close();
    }
  }

  #openOne(): Promise<HiddenTab> {
    return this.#open((page) => {
      this.#pages.add(page);
      page.once('close', () => this.#pages.delete(page));
    });
  }
}
