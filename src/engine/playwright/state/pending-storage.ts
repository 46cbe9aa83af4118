import type { BrowserContext } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import { restoreStorage, type StorageToRestore } from '../injected/restore-storage.js';

/** Scripts go to every page: origins share one as long as it stays small, so that a visit changes little. */
const charsPerScript = 64 * 1024;

/** How long a change of scripts waits for one before; a page that hangs does not answer. */
const changeTimeoutMs = 1000;

interface Group {
  readonly origins: ReadonlySet<string>;
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
  /** Changes of scripts come one after another. */
  #change: Promise<void> = Promise.resolve();

  constructor(scripted: Scripted) {
    this.#scripted = scripted;
  }

  /** Begins; called once. Resolves when every document that begins from now on finds its items. */
  async add(origins: ReadonlyMap<string, StorageToRestore>): Promise<void> {
    let group = new Set<string>();
    const groups = [group];
    let chars = 0;
    for (const [origin, items] of origins) {
      this.#items.set(origin, items);
      const size = JSON.stringify(items).length;
      if (chars > 0 && chars + size > charsPerScript) {
        group = new Set();
        groups.push(group);
        chars = 0;
      }
      group.add(origin);
      chars += size;
    }
    const scripts = groups.filter(({ size }) => size > 0).map((members) => this.#install(members));
    await Promise.all(scripts);
  }

  /** An origin is shown: later documents of it find what it has stored itself. */
  visited(origin: string, isTab: boolean): void {
    const items = this.#items.get(origin);
    if (!items) return;
    // The session storage is of the tab alone; a popup has another.
    const rest = isTab || !items.session ? undefined : { session: items.session };
    if (rest && !items.local) return;
    if (rest) this.#items.set(origin, rest);
    else this.#items.delete(origin);
    this.#change = this.#change.then(() => this.#drop(origin));
  }

  /** Takes the script of an origin back; what else it held is installed anew first, so that it is never missing. */
  async #drop(origin: string): Promise<void> {
    const old = this.#groups.find(({ origins }) => origins.has(origin));
    if (!old) return;
    this.#groups = this.#groups.filter((group) => group !== old);
    const kept = new Set([...old.origins].filter((one) => this.#items.has(one)));
    if (kept.size > 0) await settledWithin(this.#install(kept), changeTimeoutMs);
    const removing = old.script.then((script) => script.dispose());
    removing.catch(() => {}); // gone with the page
    await settledWithin(removing, changeTimeoutMs);
  }

  #install(origins: ReadonlySet<string>): Promise<Disposable> {
    const entries = [...origins].map((origin) => [origin, this.#items.get(origin)]);
    const content = `(${restoreStorage})(${JSON.stringify(Object.fromEntries(entries))})`;
    const script = this.#scripted.addInitScript({ content });
    script.catch(() => {}); // gone with the page
    this.#groups.push({ origins, script });
    return script;
  }
}
