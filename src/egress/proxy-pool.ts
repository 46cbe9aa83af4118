import { readFileSync, statSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { errorMessage, MooringError } from '../errors.js';
import { countryCode } from '../protocol/values/country-code.js';
import { describeProxy, isSameProxy, type ProxyAddress, parseProxyUrl } from '../protocol/values/proxy-address.js';
import { type ProxyClass, proxyClasses } from '../protocol/values/proxy-class.js';

/** One proxy of the operator's file. */
const entrySchema = z.strictObject({
  url: z.string().transform((text, context): ProxyAddress => {
    try {
      return parseProxyUrl(text);
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: error instanceof MooringError ? error.detail : 'expected a proxy URL',
      });
      return z.NEVER;
    }
  }),
  class: z.enum(proxyClasses).default('residential'),
  country: z
    .string()
    .transform((name, context) => {
      const code = countryCode(name);
      if (code === undefined)
        context.addIssue({ code: 'custom', message: `expected a country; got ${JSON.stringify(name)}` });
      return code ?? z.NEVER;
    })
    .optional(),
  weight: z.number().positive().default(1),
  maxSessions: z.int().positive().optional(),
});
const fileSchema = z.union([
  z.array(entrySchema),
  z.object({ proxies: z.array(entrySchema) }).transform(({ proxies }) => proxies),
]);
type Entry = z.infer<typeof entrySchema>;

/** What a session prefers of the pool. */
export interface PoolPreferences {
  readonly class?: ProxyClass | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined;
}

/** A session's use of one proxy of the pool. */
export interface PooledProxy {
  readonly proxy: ProxyAddress;
  readonly class: ProxyClass;
  readonly country: string | undefined;
  /** A connection came about through it. */
  succeeded(): void;
  /** A connection failed because of it. */
  failed(): void;
  /** Gives it back. Idempotent. */
  release(): void;
}

/** How a proxy of the pool does. */
export interface PoolProxyStatus {
  /** Without credentials. */
  readonly proxy: string;
  readonly class: ProxyClass;
  readonly country: string | undefined;
  readonly sessions: number;
  readonly failures: number;
  /** False while it is set aside. */
  readonly up: boolean;
}

export interface ProxyPoolOptions {
  /** The operator's file, JSON or YAML: a list of `{url, class, country, weight, maxSessions}`. */
  readonly path: string;
  readonly observer: ProxyPoolObserver;
}

/** What happens to the pool, for logs. No credentials are in it. */
export interface ProxyPoolObserver {
  loaded(count: number): void;
  /** The file has changed and cannot be used; the earlier proxies are kept. */
  badEdit(problem: string): void;
  setAside(proxy: string, forMs: number): void;
  backAgain(proxy: string): void;
}

interface Member {
  readonly entry: Entry;
  sessions: number;
  failures: number;
  failuresInARow: number;
  timesAside: number;
  asideUntil: number;
}

const lookEveryMs = 1000;
const failuresUntilAside = 3;
const asideMs = { first: 15_000, longest: 600_000 };

/** The operator's proxies: which one a session gets, and how each of them does. */
export class ProxyPool {
  readonly #options: ProxyPoolOptions;
  #members: Member[] = [];
  #seen = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProxyPoolOptions) {
    this.#options = options;
  }

  /** Reads the file, and looks for changes from now on. @throws Error saying what is wrong with it */
  start(): void {
    this.#seen = this.#stamp();
    this.#load();
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /**
   * The proxy that fits and has the least to do for its weight.
   *
   * @param except not this one, however well it fits
   * @throws MooringError `NO_MATCHING_PROXY`
   */
  choose(preferences: PoolPreferences, except?: ProxyAddress): PooledProxy {
    const fitting = this.#fitting(preferences).filter(({ entry }) => !except || !isSameProxy(entry.url, except));
    const now = Date.now();
    const able = fitting.filter(
      ({ entry, sessions, asideUntil }) =>
        asideUntil <= now && sessions < (entry.maxSessions ?? Number.POSITIVE_INFINITY),
    );
    if (able.length === 0) throw this.#noneError(preferences, fitting, now);
    const load = ({ entry, sessions }: Member): number => (sessions + 1) / entry.weight;
    const least = Math.min(...able.map(load));
    const equals = able.filter((member) => load(member) === least);
    const chosen = equals[Math.floor(Math.random() * equals.length)];
    if (!chosen) throw this.#noneError(preferences, fitting, now);
    return this.#use(chosen);
  }

  /** The proxy that a session had before, if it still fits, is up and has room. */
  again(proxy: ProxyAddress, preferences: PoolPreferences): PooledProxy | undefined {
    const now = Date.now();
    const member = this.#fitting(preferences).find(
      ({ entry, sessions, asideUntil }) =>
        isSameProxy(entry.url, proxy) &&
        asideUntil <= now &&
        sessions < (entry.maxSessions ?? Number.POSITIVE_INFINITY),
    );
    return member && this.#use(member);
  }

  status(): PoolProxyStatus[] {
    const now = Date.now();
    return this.#members.map(({ entry, sessions, failures, asideUntil }) => ({
      proxy: describeProxy(entry.url),
      class: entry.class,
      country: entry.country,
      sessions,
      failures,
      up: asideUntil <= now,
    }));
  }

  /** If no class is named, residential ones are meant, where there are any. */
  #fitting({ class: wanted, country }: PoolPreferences): Member[] {
    const inCountry = this.#members.filter(({ entry }) => country === undefined || entry.country === country);
    if (wanted) return inCountry.filter(({ entry }) => entry.class === wanted);
    const residential = inCountry.filter(({ entry }) => entry.class === 'residential');
    return residential.length > 0 ? residential : inCountry;
  }

  #noneError({ class: wanted, country }: PoolPreferences, fitting: readonly Member[], now: number): MooringError {
    const what = [wanted ?? 'any class', country ?? 'any country'].join(', ');
    if (fitting.length === 0)
      return new MooringError('NO_MATCHING_PROXY', `expected a proxy in the pool for ${what}; it has none.`);
    const aside = fitting.filter(({ asideUntil }) => asideUntil > now);
    const why = aside.length === fitting.length ? 'set aside after failures' : 'full or set aside after failures';
    const backMs = aside.length > 0 ? Math.min(...aside.map(({ asideUntil }) => asideUntil - now)) : 1000;
    return new MooringError(
      'NO_MATCHING_PROXY',
      `expected a proxy in the pool for ${what}; all ${fitting.length} of them are ${why}.`,
      {
        retryAfterMs: Math.max(1000, Math.round(backMs)),
      },
    );
  }

  #use(member: Member): PooledProxy {
    member.sessions += 1;
    let held = true;
    return {
      proxy: member.entry.url,
      class: member.entry.class,
      country: member.entry.country,
      succeeded: () => this.#onSuccess(member),
      failed: () => this.#onFailure(member),
      release: () => {
        if (held) member.sessions -= 1;
        held = false;
      },
    };
  }

  #onSuccess(member: Member): void {
    if (member.timesAside > 0) this.#options.observer.backAgain(describeProxy(member.entry.url));
    member.failuresInARow = 0;
    member.timesAside = 0;
    member.asideUntil = 0;
  }

  #onFailure(member: Member): void {
    member.failures += 1;
    member.failuresInARow += 1;
    if (member.failuresInARow < failuresUntilAside || member.asideUntil > Date.now()) return;
    const forMs = Math.min(asideMs.longest, asideMs.first * 2 ** member.timesAside);
    member.timesAside += 1;
    member.asideUntil = Date.now() + forMs;
    this.#options.observer.setAside(describeProxy(member.entry.url), forMs);
  }

  #look(): void {
    try {
      const stamp = this.#stamp();
      if (stamp === this.#seen) return;
      this.#seen = stamp;
      this.#load();
    } catch (error) {
      this.#options.observer.badEdit(errorMessage(error));
    }
  }

  #stamp(): string {
    const stats = statSync(this.#options.path, { throwIfNoEntry: false });
    return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : 'absent';
  }

  #load(): void {
    const parsed = fileSchema.safeParse(parseYaml(readFileSync(this.#options.path, 'utf8')) ?? []);
    if (!parsed.success) throw new Error(describeProblem(this.#options.path, parsed.error));
    const before = new Map(this.#members.map((member) => [keyOf(member.entry), member]));
    // A proxy that stays keeps its health and its sessions.
    this.#members = parsed.data.map((entry) => {
      const key = keyOf(entry);
      const known = before.get(key);
      before.delete(key); // of two that are alike each is one of its own
      if (known) return Object.assign(known, { entry });
      return { entry, sessions: 0, failures: 0, failuresInARow: 0, timesAside: 0, asideUntil: 0 };
    });
    this.#options.observer.loaded(this.#members.length);
  }
}

const keyOf = ({ url, class: name, country }: Entry): string =>
  JSON.stringify([url.protocol, url.host, url.port, url.username, url.password, name, country]);

/** The deepest issue of a failed parse: of a union, the branch that came farthest. */
function describeProblem(path: string, error: z.ZodError): string {
  const deepest = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined =>
    issues
      .flatMap((issue) =>
        issue.code === 'invalid_union' ? issue.errors.map((branch) => deepest(branch) ?? issue) : [issue],
      )
      .toSorted((a, b) => b.path.length - a.path.length)[0];
  const issue = deepest(error.issues);
  return `${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not a list of proxies'}`;
}
