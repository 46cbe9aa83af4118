import type { BrowserContext } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { restoreStorage, type StorageToRestore } from '../injected/restore-storage.js';

/** Scripts go to every page: origins share one as long as it stays small, so that a visit changes little. */
const charsPerScript = 64 * 1024;

/** How long a change of scripts waits for one before; a page that hangs does not answer. */
const changeTimeoutMs = 1000;
/** A page that closes just then takes the new script of all others along: it is gone the next time. */
const maxTries = 3;

interface Group {
  readonly items: ReadonlyMap<string, StorageToRestore>;
  readonly script: Promise<Disposable>;
}

/** A context, for all of its pages, or one page. */
type Scripted = Pick<BrowserContext, 'addInitScript'>;
type Disposable = Awaited<ReturnType<Scripted['addInitScript']>>;

/**
 * Storage that is to be there when the first document of its origin begins: in a script before all others, as long as no
 * document of that origin has been shown.
 */
export class PendingStorage {
  readonly #scripted: Scripted;
  readonly #items = new Map<string, StorageToRestore>();
  #groups: Group[] = [];
  /** A page that had crashed took no new script, so that nobody has it, and an old one holds more than is to come. */
  #isBehind = false;
  /** Changes of scripts come one after another. */
  #change: Promise<void> = Promise.resolve();
  /** One is to come that has not begun: it does for all that is asked until then. */
  #isDue = false;

  constructor(scripted: Scripted) {
    this.#scripted = scripted;
  }

  /** Begins; called once. Resolves when every document that begins from now on finds its items. */
  async add(origins: ReadonlyMap<string, StorageToRestore>): Promise<void> {
    for (const [origin, items] of origins) this.#items.set(origin, items);
    await this.#installMissing();
  }

  /** An origin is shown: later documents of it find what it has stored itself. */
  visited(origin: string, isTab: boolean): void {
    const items = this.#items.get(origin);
    if (!items) {
      this.catchUp();
      return;
    }
    // The session storage is of the tab alone; a popup has another.
    const rest = isTab || !items.session ? undefined : { session: items.session };
    if (rest && !items.local) return;
    if (rest) this.#items.set(origin, rest);
    else this.#items.delete(origin);
    this.#update();
  }

  /** A page is gone: where it kept the scripts as they were, they change now. */
  catchUp(): void {
    if (this.#isBehind) this.#update();
  }

  #update(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#change = this.#change.then(() => {
      this.#isDue = false;
      return this.#replace();
    });
  }

  /** Takes the scripts of origins that were shown back; what else they held is installed anew first, so that it is never missing. */
  async #replace(): Promise<void> {
    const outdated = this.#groups.filter((group) => !this.#isCurrent(group));
    for (let tries = 0; tries < maxTries; tries++) {
      this.#isBehind = false;
      const installing = this.#installMissing().catch(() => {
        this.#isBehind = true;
      });
      const isInTime = await settledWithin(installing, changeTimeoutMs);
      if (!isInTime) void installing.then(() => this.catchUp()); // where it has failed after all
      if (!this.#isBehind) break;
    }
    if (this.#isBehind) return;
    this.#groups = this.#groups.filter((group) => !outdated.includes(group));
    const removing = Promise.all(outdated.map(async ({ script }) => (await script).dispose()));
    await settledWithin(removing, changeTimeoutMs); // or it is gone with the page
  }

  /** Whether it holds what is to come, and nothing else. */
  #isCurrent({ items }: Group): boolean {
    return [...items].every(([origin, given]) => this.#items.get(origin) === given);
  }

  /** Installs what no script holds as it is to come. */
  async #installMissing(): Promise<void> {
    const installed = new Set(
      this.#groups.filter((group) => this.#isCurrent(group)).flatMap(({ items }) => [...items.keys()]),
    );
    let group = new Map<string, StorageToRestore>();
    const groups = [group];
    let chars = 0;
    for (const [origin, items] of this.#items) {
      if (installed.has(origin)) continue;
      const size = JSON.stringify(items).length;
      if (chars > 0 && chars + size > charsPerScript) {
        group = new Map();
        groups.push(group);
        chars = 0;
      }
      group.set(origin, items);
      chars += size;
    }
    const scripts = groups.filter(({ size }) => size > 0).map((items) => this.#install(items));
    await Promise.all(scripts);
  }

  #install(items: ReadonlyMap<string, StorageToRestore>): Promise<Disposable> {
    const content = `(${restoreStorage})(${JSON.stringify(Object.fromEntries(items))})`;
    const script = this.#scripted.addInitScript({ content });
    const group: Group = { items, script };
    this.#groups.push(group);
    script.catch(() => {
      this.#groups = this.#groups.filter((one) => one !== group);
    });
    return script;
  }
}
