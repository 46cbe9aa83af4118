import type { BrowserContext, Frame, Page, Request } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { OriginState } from '../../../snapshots/browser-state.js';
import type { CaptureOptions } from '../../engine.js';
import type { EvaluateInFrame } from '../channel/frame-evaluation.js';
import type { StorageChange, StorageChanges } from '../channel/storage-changes.js';
import { isForMainFrame } from '../document-request.js';
import type { Guard } from '../guarded.js';
import { decodeValue } from '../injected/decode-value.js';
import type { DatabasesReading } from '../injected/read-databases.js';
import { readSurroundings, type StorageReading, type StorageSurroundings } from '../injected/read-storage.js';
import { restoreStorage, type StorageToRestore } from '../injected/restore-storage.js';
import { type DatabasesWriting, writeDatabases } from '../injected/write-databases.js';
import {
  databasesOf,
  databasesReadingOf,
  readingOf,
  readOrigin,
  type ShownOrigin,
  shownOrigins,
  surroundingsOf,
  takeItems,
} from './frame-reader.js';
import { type HiddenTab, HiddenTabs, isPassing, type OpenHiddenTab } from './hidden-tabs.js';
import { KnownStorage } from './known-storage.js';
import { charsOf, type OriginRecord, storingOriginOf } from './origin-record.js';
import { PendingStorage } from './pending-storage.js';

/** How many origins that a page shows are read, and how many that it has left, in one go. */
const maxShown = 100;
const maxLeft = 20;
/** Beyond this, what an origin has stored is given back by a tab of ours, not by a script that every page would get. */
const maxScriptedChars = 256 * 1024;
/** Databases of an origin up to this are read where they are shown, each time. */
const maxShownDatabasesChars = 256 * 1024;
/** What browsers take for one origin: five million characters. */
const maxStoredChars = 5 * 1024 * 1024;

interface StorageCapture {
  readonly origins: OriginState[];
  readonly left: string[];
  readonly unread: string[];
}

export interface ContextStorageParts {
  readonly context: BrowserContext;
  readonly evaluateInFrame: EvaluateInFrame;
  readonly changes: StorageChanges | undefined;
  /** For listeners: what one throws ends the session. */
  readonly guard: Guard;
  readonly openHidden: OpenHiddenTab;
}

/**
 * What the sites of a context have stored beside cookies.
 *
 * ```
 * documents ─changes, where the browser tells─▶ known storage ◀─read─ frames that are shown, before they are left
 *                                                  │      ▲
 *                                                  │      └─read─ hidden tab: origins that were left unread, databases
 *                                                  ▼
 *                                             CapturedState
 * ```
 */
export class ContextStorage {
  readonly #parts: ContextStorageParts;
  readonly #known = new KnownStorage();
  readonly #pending: PendingStorage;
  /** The session storage of the tab before this one. */
  #pendingInTab: PendingStorage | undefined;
  readonly #hidden: HiddenTabs;
  /** Tabs whose renderer has crashed: they answer nothing. */
  readonly #crashed = new WeakSet<Page>();
  /** Whose changes of databases are told: by the tab that was asked. */
  readonly #watchedDatabases = new Map<string, Page>();
  #tab: Page | undefined;
  /** We are sending the tab elsewhere, and have read what it shows. */
  #isLeaving = false;
  /** Whether captures bring databases too. */
  #readsDatabases = false;
  /** Captures come one after another. */
  #capturing: Promise<unknown> = Promise.resolve();

  constructor(parts: ContextStorageParts) {
    this.#parts = parts;
    this.#pending = new PendingStorage(parts.context);
    this.#hidden = new HiddenTabs(parts.openHidden);
  }

  /** Whether a tab of ours has sent it. */
  isOfHidden(request: Request): boolean {
    return this.#hidden.haveSent(request);
  }

  /** A tab is there, whoever opened it. */
  noteTab(page: Page): void {
    const { changes, guard } = this.#parts;
    page.once('crash', () => this.#crashed.add(page));
    page.once('close', () => this.#pending.catchUp());
    page.on(
      'framenavigated',
      guard((frame) => this.#onShown(page, frame)),
    );
    page.on(
      'request',
      guard((request) => this.#onRequest(page, request)),
    );
    for (const frame of page.frames()) this.#onShown(page, frame); // one that opened itself is there before it is told of
    const onChange = (change: StorageChange): void => {
      if (!this.#hidden.has(page) || change.isLocal) this.#known.apply(change, page === this.#tab);
    };
    const onDatabases = (origin: string): void => {
      const record = this.#known.get(origin);
      if (record) record.databasesKnown = 'stale';
    };
    changes?.watch(page, guard(onChange));
    changes?.onDatabases(page, guard(onDatabases));
  }

  /** The session has another tab: what the one before had stored for itself is its own now. */
  async adoptTab(page: Page): Promise<void> {
    const before = this.#tab;
    this.#tab = page;
    this.#pendingInTab = undefined;
    const withDatabases = this.#known.records.filter(({ databases }) => databases.length > 0);
    const watching = withDatabases.map(({ origin }) => this.#watchDatabases(page, origin));
    // A renderer that crashes may take along what it had only just stored for good, too: where nothing is, it is given back.
    const isAfterCrash = before !== undefined && this.#crashed.has(before);
    const toGiveBack = new Map<string, StorageToRestore>();
    for (const { origin, session, local } of before ? this.#known.records : []) {
      const withLocal = isAfterCrash && local.size > 0 && charsOf(local) <= maxScriptedChars;
      if (session.size === 0 && !withLocal) continue;
      toGiveBack.set(origin, { session: [...session], ...(withLocal ? { local: [...local] } : {}) });
    }
    if (toGiveBack.size > 0) {
      this.#pendingInTab = new PendingStorage(page);
      await this.#pendingInTab.add(toGiveBack);
    }
    await Promise.all(watching);
  }

  /** Has changes of an origin's databases told from now on, where the browser can. */
  async #watchDatabases(page: Page, origin: string): Promise<void> {
    const { changes } = this.#parts;
    if (!changes || this.#watchedDatabases.get(origin) === page) return;
    this.#watchedDatabases.set(origin, page);
    await changes.watchDatabases(page, origin).catch(() => {}); // gone with the tab
  }

  /**
   * Reads what the page shows before it goes elsewhere.
   *
   * @returns what to wait for. Nothing where the browser tells of changes: what is asked now is answered before another
   *   document comes, or is known besides
   */
  readBeforeLeaving(): Promise<unknown> | undefined {
    this.#isLeaving = true;
    const readings = this.#shown().map((shown) => this.#readLeaving(shown).catch(() => {})); // it has gone
    return this.#parts.changes || readings.length === 0 ? undefined : Promise.all(readings);
  }

  /** The page is about to leave by itself. It is shown until the answer has come. */
  #onRequest(page: Page, request: Request): void {
    if (page !== this.#tab || this.#isLeaving || !isForMainFrame(request, page) || request.redirectedFrom()) return;
    for (const shown of this.#shown()) this.#readLeaving(shown).catch(() => {}); // it has gone
  }

  async #readLeaving(shown: ShownOrigin): Promise<void> {
    const record = this.#known.of(shown.origin);
    if (!record) return;
    const { documents } = record;
    const looking = this.#lookBeforeLeaving(shown, record);
    const outcome = await readOrigin(this.#parts.evaluateInFrame, shown, record, this.#known.roomFor(record));
    if (outcome === 'read' && record.documents === documents) record.isStale = false;
    await looking;
  }

  /** Whether it has databases, as far as nobody tells. */
  async #lookBeforeLeaving(shown: ShownOrigin, record: OriginRecord): Promise<void> {
    if (!this.#readsDatabases || record.databasesKnown === 'stale') return;
    if (this.#parts.changes && !record.hasUnknownDatabases) return;
    const { documents } = record;
    const surroundings = await surroundingsOf(this.#parts.evaluateInFrame, shown);
    if (surroundings && record.documents === documents) this.#noteSurroundings(record, surroundings);
  }

  /** Gives the context what its sites had stored in another. @returns what could not be brought back, a sentence each */
  async restore(origins: readonly OriginState[], signal: AbortSignal): Promise<string[]> {
    const failures: string[] = [];
    const toRestore = new Map<string, StorageToRestore>();
    const seeded: OriginRecord[] = [];
    for (const state of origins) {
      const origin = storingOriginOf(state.origin);
      if (origin === undefined || origin !== state.origin) {
        failures.push(
          `The storage of ${JSON.stringify(state.origin).slice(0, 200)}: expected an origin, like https://example.com.`,
        );
        continue;
      }
      this.#known.adopt(state);
      const record = this.#known.get(origin);
      if (!record) {
        failures.push(`The storage of ${origin}: there are too many origins.`);
        continue;
      }
      failures.push(...dropExcess(record));
      const isLarge = charsOf(record.local) > maxScriptedChars;
      if (isLarge || record.databases.length > 0) seeded.push(record);
      toRestore.set(origin, {
        ...(record.local.size > 0 && !isLarge ? { local: [...record.local] } : {}),
        ...(record.session.size > 0 ? { session: [...record.session] } : {}),
      });
    }
    if (seeded.length > 0) failures.push(...(await this.#seed(seeded, signal)));
    for (const [origin, { local, session }] of toRestore) if (!local && !session) toRestore.delete(origin);
    if (toRestore.size > 0) await this.#pending.add(toRestore);
    return failures;
  }

  /** Takes what every origin has stored. */
  capture(options: CaptureOptions, signal: AbortSignal): Promise<StorageCapture> {
    const capturing = this.#capturing.then(async () => {
      const release = this.#known.hold();
      try {
        return await this.#capture(options, signal);
      } finally {
        release();
      }
    });
    this.#capturing = capturing.catch(() => {}); // told to who asked for it
    return capturing;
  }

  async #capture(options: CaptureOptions, signal: AbortSignal): Promise<StorageCapture> {
    signal.throwIfAborted();
    const left: string[] = [];
    this.#isLeaving = false; // where nothing came of it
    const live = new Set<string>();
    const silent: string[] = [];
    const reading = this.#shown().map(async (shown) => {
      const outcome = await this.#readShown(shown, options, left);
      const isSilent = outcome === 'late' && options.indexedDb;
      if (outcome !== 'gone' && !isSilent) live.add(shown.origin);
      // What is stored for a session, nobody else can say.
      if (isSilent && !this.#parts.changes) silent.push(shown.origin);
    });
    await Promise.all(reading);
    signal.throwIfAborted();
    this.#readsDatabases ||= options.indexedDb;
    const toVisit = this.#known.records.filter((record) => {
      if (record.isGivenUp) return false;
      const isUnread = record.isStale || record.hasFailed || (options.indexedDb && record.hasUnknownDatabases);
      return (isUnread && !live.has(record.origin)) || (options.indexedDb && record.databasesKnown === 'stale');
    });
    if (toVisit.length > 0) await this.#visit(toVisit, live, options, left, signal);
    const failed = this.#known.records.filter(({ hasFailed, isGivenUp }) => hasFailed && !isGivenUp);
    const unread = [...new Set([...silent, ...failed.map(({ origin }) => origin)])];
    return { origins: this.#assemble(options.maxBytes, left), left, unread };
  }

  /** Reads one origin where it is shown. @returns `gone` if it is not shown any more, `late` if it does not answer */
  async #readShown(shown: ShownOrigin, options: CaptureOptions, left: string[]): Promise<'read' | 'late' | 'gone'> {
    const record = this.#known.of(shown.origin);
    if (!record) return 'read';
    const maxChars = this.#maxCharsOf(record, options);
    const reading = readOrigin(this.#parts.evaluateInFrame, shown, record, maxChars);
    if (options.indexedDb) await this.#readShownDatabases(shown, record, maxChars);
    const outcome = await reading;
    if (outcome === 'late') left.push(`${shown.origin} did not say what it has stored: it is kept as it was before.`);
    if (outcome === 'tooLarge') this.#giveUp(record, left);
    // It goes on storing.
    record.isStale ||= shown.isWholePage || !this.#parts.changes || outcome === 'late';
    if (outcome === 'read' && record.databasesKnown !== 'stale') record.noteSuccess();
    return outcome === 'tooLarge' ? 'read' : outcome;
  }

  /**
   * Databases where they are shown. The browser tells of changes after they are done, on a busy machine long after: what
   * was changed just before is found here. What does not answer, or is large, is stale: a tab of ours reads it.
   */
  async #readShownDatabases(shown: ShownOrigin, record: OriginRecord, maxChars: number): Promise<void> {
    const { changes, evaluateInFrame } = this.#parts;
    if (this.#tab) await this.#watchDatabases(this.#tab, record.origin);
    const surroundings = await surroundingsOf(evaluateInFrame, shown);
    if (surroundings) this.#noteSurroundings(record, surroundings);
    else record.databasesKnown = 'stale';
    if (!changes || !surroundings || surroundings.databases === 0) return;
    // Those that are known to be large are told of in time, but for a moment.
    if (record.databasesKnown === 'yes' && record.databasesChars > maxShownDatabasesChars) return;
    record.databasesKnown = 'yes'; // what changes from now on makes it stale again
    const reading = await databasesOf(evaluateInFrame, shown, Math.min(maxChars, maxShownDatabasesChars));
    if (reading && !reading.isTooLarge) record.takeDatabases(reading);
    else record.databasesKnown = 'stale';
  }

  #maxCharsOf(record: OriginRecord, { maxBytes }: CaptureOptions): number {
    return Math.min(maxBytes, this.#known.roomFor(record));
  }

  /** What was known before would be wrong by now. */
  #giveUp(record: OriginRecord, left: string[]): void {
    left.push(`The storage of ${record.origin} is larger than what may be kept.`);
    record.local.clear();
    record.session.clear();
    record.mark = '';
  }

  #noteSurroundings(record: OriginRecord, { databases, caches, workers }: StorageSurroundings): void {
    record.hasNewSurroundings = false;
    record.hasUnknownDatabases = false;
    record.left = [
      ...(workers > 0 ? [`The service worker of ${record.origin} is not kept.`] : []),
      ...(caches > 0 ? [`The cache storage of ${record.origin} is not kept.`] : []),
    ];
    if (databases > 0) {
      if (record.databasesKnown === 'no') record.databasesKnown = 'stale';
      return;
    }
    // Where nobody tells of changes there may be some the next time.
    record.databasesKnown = this.#parts.changes ? 'yes' : 'no';
    record.setDatabases([]);
    record.leftDatabases = [];
  }

  /** Reads origins in a tab of ours: those that were left before they were read, and databases. */
  async #visit(
    records: readonly OriginRecord[],
    live: ReadonlySet<string>,
    options: CaptureOptions,
    left: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const others = records.length - maxLeft;
    if (others > 0) left.push(`${others} origins are kept as they were before: too many were left in one go.`);
    const visits = records.slice(0, maxLeft);
    await this.#hidden.visit(
      visits,
      (tab, record) => this.#readHidden(tab, record, live.has(record.origin), options, left),
      (record) => record.noteFailure(),
      signal,
    );
  }

  async #readHidden(
    { evaluate }: HiddenTab,
    record: OriginRecord,
    isLive: boolean,
    options: CaptureOptions,
    left: string[],
  ): Promise<void> {
    const { origin, documents } = record;
    const maxChars = this.#maxCharsOf(record, options);
    if (!isLive) {
      const reading = (await evaluate(readingOf(origin, '', maxChars))) as StorageReading; // what it returns
      if (reading.kind === 'elsewhere') throw new Error('the tab shows something else');
      if (reading.kind === 'items') takeItems(record, reading, false);
      if (reading.kind === 'tooLarge') this.#giveUp(record, left);
      if (record.documents === documents) record.isStale = false;
    }
    if (!options.indexedDb) {
      if (record.databasesKnown !== 'stale') record.noteSuccess();
      return;
    }
    const looking = evaluate(`(${readSurroundings})(${JSON.stringify(origin)})`);
    const surroundings = (await looking) as StorageSurroundings | undefined; // what it returns
    if (!surroundings) throw new Error('the tab shows something else');
    this.#noteSurroundings(record, surroundings);
    if (surroundings.databases === 0) {
      record.noteSuccess();
      return;
    }
    // What changes from now on makes it stale again.
    record.databasesKnown = this.#parts.changes ? 'yes' : 'no';
    record.takeDatabases((await evaluate(databasesReadingOf(maxChars))) as DatabasesReading); // what it returns
    record.noteSuccess();
  }

  /**
   * Gives origins their databases, and what is too large for a script.
   *
   * @returns what is not there, a sentence each
   * @throws MooringError `BROWSER_FAILED` when a tab crashed or hung: another time it may succeed
   */
  async #seed(records: readonly OriginRecord[], signal: AbortSignal): Promise<string[]> {
    const failures: string[] = [];
    const interrupted: string[] = [];
    const fill = async ({ evaluate }: HiddenTab, record: OriginRecord): Promise<void> => {
      if (charsOf(record.local) > maxScriptedChars) {
        const items = JSON.stringify({ [record.origin]: { local: [...record.local] } });
        await evaluate(`(${restoreStorage})(${items})`);
      }
      if (record.databases.length === 0) return;
      const asked = evaluate(`(${writeDatabases})(${decodeValue}, ${JSON.stringify(record.databases)})`);
      const { failures: refused, isInterrupted } = (await asked) as DatabasesWriting; // what it returns
      failures.push(...refused.map((sentence) => `${record.origin}: ${sentence}`));
      if (isInterrupted) interrupted.push(record.origin);
      if (refused.length === 0 && this.#parts.changes) record.databasesKnown = 'yes';
    };
    const onFailure = ({ origin }: OriginRecord, error: unknown): void => {
      if (isPassing(error)) interrupted.push(origin);
      failures.push(`Not all that ${origin} has stored could be brought back: ${String(error)}.`);
    };
    await this.#hidden.visit(records, fill, onFailure, signal);
    // The next capture would take half of it for all of it.
    if (interrupted.length > 0) {
      const sites = interrupted.join(', ');
      throw new MooringError(
        'BROWSER_FAILED',
        `expected a browser that brings back what ${sites} had stored; it did not. The state is kept as it is.`,
      );
    }
    return failures;
  }

  /** What fits, each origin's storages before any databases. */
  #assemble(maxBytes: number, left: string[]): OriginState[] {
    let charsLeft = maxBytes;
    const takes = (chars: number): boolean => {
      if (chars > charsLeft) return false;
      charsLeft -= chars;
      return true;
    };
    const kept = this.#known.records.filter((record) => {
      left.push(...record.left, ...record.leftDatabases);
      if (record.hasFailed) left.push(`${record.origin} could not be read: it is kept as it was before.`);
      if (record.isEmpty) return false;
      if (takes(record.chars + record.origin.length)) return true;
      left.push(`The storage of ${record.origin} is larger than what may be kept.`);
      return false;
    });
    return kept.map((record) => {
      const fits = takes(record.databasesChars);
      if (!fits) left.push(`The databases of ${record.origin} are larger than what may be kept.`);
      return record.toState(fits);
    });
  }

  #shown(): ShownOrigin[] {
    const pages = this.#parts.context.pages().filter((page) => !this.#hidden.has(page) && !this.#crashed.has(page));
    return shownOrigins(pages, this.#tab).slice(0, maxShown);
  }

  #onShown(page: Page, frame: Frame): void {
    const origin = storingOriginOf(frame.url());
    if (origin === undefined || this.#hidden.has(page)) return;
    if (page === this.#tab && frame === page.mainFrame()) this.#isLeaving = false;
    this.#pending.visited(origin, page === this.#tab);
    if (page === this.#tab) this.#pendingInTab?.visited(origin, true);
    // A page may show one frame after another: to look for what each has left behind would take longer than the page.
    const isToldOf = this.#parts.changes !== undefined && frame !== page.mainFrame();
    this.#known.of(origin)?.noteDocument(isToldOf);
  }
}

/** Leaves out what no browser would take, the largest items first. @returns what that is, a sentence */
function dropExcess(record: OriginRecord): string[] {
  return [record.local, record.session].flatMap((items) => {
    let chars = charsOf(items);
    if (chars <= maxStoredChars) return [];
    const sizeOf = ([name, value]: [string, string]): number => name.length + value.length;
    for (const item of [...items].sort((a, b) => sizeOf(b) - sizeOf(a))) {
      if (chars <= maxStoredChars) break;
      items.delete(item[0]);
      chars -= sizeOf(item);
    }
    return [
      `The largest items of ${record.origin} were left out: browsers take five million characters for an origin.`,
    ];
  });
}
