import { type Found, type StorageKind, storageKinds } from '../support/counting-site.js';

/** What one site may have kept for one session. */
interface Expected {
  /** What an answer acknowledged last; null: nothing yet. */
  readonly acknowledged: string | null;
  /** What may be there instead: of requests since then that were not answered, or of the record before a damaged one. */
  readonly perhaps: readonly (string | null)[];
}

export interface SessionOptions {
  readonly name: string;
  /** Whether it is to last. */
  readonly persist: boolean;
  readonly idleSeconds?: number;
}

const nothing: Expected = { acknowledged: null, perhaps: [] };

/** What the sites must find of one session, by what its replies acknowledged. */
export class SessionLedger {
  readonly name: string;
  readonly persist: boolean;
  readonly idleSeconds: number | undefined;
  #sites = new Map<string, Expected>();
  /** The same before the last reply: what the record before the newest may hold. */
  #before = new Map<string, Expected>();
  #count = 0;

  constructor({ name, persist, idleSeconds }: SessionOptions) {
    this.name = name;
    this.persist = persist;
    this.idleSeconds = idleSeconds;
  }

  /** A copy under another name. */
  fork(options: SessionOptions): SessionLedger {
    const copy = new SessionLedger(options);
    copy.#sites = new Map(this.#sites);
    copy.#before = new Map(this.#sites);
    return copy;
  }

  /** The value of its next request to a site: it may be there from now on. */
  attempt(site: string): string {
    this.#count += 1;
    const value = `${this.name}.${this.#count}`;
    const expected = this.#of(site);
    this.#sites.set(site, { ...expected, perhaps: [...expected.perhaps, value] });
    return value;
  }

  /** A reply has acknowledged this value. */
  acknowledge(site: string, value: string): void {
    this.#before = new Map(this.#sites);
    this.#sites.set(site, { acknowledged: value, perhaps: [] });
  }

  /** A reply has acknowledged that this is there. */
  seen(site: string, found: Found): void {
    this.#before = new Map(this.#sites);
    const [one, ...others] = new Set(storageKinds.map((kind) => found[kind]));
    if (others.length === 0) this.#sites.set(site, { acknowledged: one ?? null, perhaps: [] });
  }

  /** Its newest record is damaged: the one before is to be used. */
  damaged(): void {
    for (const [site, expected] of this.#sites) {
      const { acknowledged, perhaps } = this.#before.get(site) ?? nothing;
      this.#sites.set(site, { ...expected, perhaps: [...expected.perhaps, acknowledged, ...perhaps] });
    }
  }

  /** @returns what is wrong with what a site found, a sentence; undefined: nothing */
  problemWith(site: string, found: Found): string | undefined {
    const { acknowledged, perhaps } = this.#of(site);
    const may = new Set([acknowledged, ...perhaps]);
    const isWrong = (kind: StorageKind): boolean =>
      !may.has(found[kind]) && (this.persist || !this.#mayHaveHad(found[kind]));
    const wrong = storageKinds.filter(isWrong);
    if (wrong.length === 0) return undefined;
    const texts = wrong.map((kind) => `${kind} ${found[kind]}`);
    return `${this.name} at ${site}: expected ${[...may].join(' or ')}; found ${texts.join(', ')}`;
  }

  /** Of a session that is not to last: an older state of it, or none. */
  #mayHaveHad(value: string | null): boolean {
    if (value === null) return true;
    const at = value.lastIndexOf('.');
    return value.slice(0, at) === this.name && Number(value.slice(at + 1)) <= this.#count;
  }

  #of(site: string): Expected {
    return this.#sites.get(site) ?? nothing;
  }
}
