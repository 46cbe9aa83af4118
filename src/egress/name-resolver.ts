import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { abortable } from '../util/deadline.js';

export interface NameResolverOptions {
  /** How many names are looked up at once; each takes a thread of the process. */
  readonly atOnce: number;
  /** How many of them for one and the same asker. */
  readonly atOnceForOne: number;
  /** Every address of a name. Default: as the system resolves it, with its hosts file and search domains. */
  readonly lookup?: (host: string) => Promise<LookupAddress[]>;
}

interface Lookup {
  readonly host: string;
  /** Who has it in a queue. */
  readonly askers: Set<object>;
  waiting: number;
  isRunning: boolean;
  readonly done: Promise<LookupAddress[]>;
  readonly settle: (answer: LookupAddress[] | PromiseLike<LookupAddress[]>) => void;
}

/** How long an answer counts, in milliseconds. The system does not tell how long it might. */
const keepMs = { found: 30_000, notFound: 5000 } as const;
const keptNames = 2000;

/**
 * Finds the addresses of names as the system does, which takes a thread for as long as a name server is silent. So
 * what is known is not asked again, those who want the same name wait for the same answer, and the threads are
 * given out in turns: a page with many names that nobody answers holds up itself.
 */
export class NameResolver {
  readonly #options: NameResolverOptions;
  readonly #known = new Map<string, { readonly answer: Promise<LookupAddress[]>; readonly until: number }>();
  readonly #underWay = new Map<string, Lookup>();
  /** What waits for a thread, by asker; the next in turn first. */
  readonly #queues = new Map<object, Set<Lookup>>();
  readonly #running = new Map<object, number>();
  #runningAll = 0;

  constructor(options: NameResolverOptions) {
    this.#options = options;
  }

  /**
   * @param asker whose turn it takes: a session
   * @throws the system's error, also one of some seconds ago; the signal's reason
   */
  async resolve(host: string, asker: object, signal: AbortSignal): Promise<LookupAddress[]> {
    const known = this.#known.get(host);
    if (known && known.until > performance.now()) return known.answer;
    const wanted = this.#underWay.get(host) ?? this.#begin(host);
    wanted.waiting += 1;
    if (!wanted.isRunning) {
      this.#queueOf(asker).add(wanted);
      wanted.askers.add(asker);
      this.#runNext();
    }
    try {
      return await abortable(wanted.done, signal);
    } finally {
      wanted.waiting -= 1;
      if (wanted.waiting === 0 && !wanted.isRunning) this.#drop(wanted);
    }
  }

  #begin(host: string): Lookup {
    const { promise: done, resolve: settle } = withResolvers<LookupAddress[]>();
    done.catch(() => {}); // those who waited may have gone
    const begun = { host, askers: new Set<object>(), waiting: 0, isRunning: false, done, settle };
    this.#underWay.set(host, begun);
    return begun;
  }

  #queueOf(asker: object): Set<Lookup> {
    const queue = this.#queues.get(asker) ?? new Set();
    this.#queues.set(asker, queue);
    return queue;
  }

  #unqueue(wanted: Lookup): void {
    for (const asker of wanted.askers) {
      const queue = this.#queues.get(asker);
      queue?.delete(wanted);
      if (queue?.size === 0) this.#queues.delete(asker);
    }
    wanted.askers.clear();
  }

  /** Forgets one that nobody waits for any more. */
  #drop(wanted: Lookup): void {
    this.#unqueue(wanted);
    if (this.#underWay.get(wanted.host) === wanted) this.#underWay.delete(wanted.host);
  }

  #runNext(): void {
    const { atOnce, atOnceForOne } = this.#options;
    for (const [asker, queue] of this.#queues) {
      if (this.#runningAll >= atOnce) return;
      const [next] = queue;
      if (!next || (this.#running.get(asker) ?? 0) >= atOnceForOne) continue;
      // To the end of the line, where this loop comes by again.
      this.#queues.delete(asker);
      this.#queues.set(asker, queue);
      this.#unqueue(next);
      void this.#run(next, asker);
    }
  }

  async #run(wanted: Lookup, asker: object): Promise<void> {
    const { lookup: find = (name) => lookup(name, { all: true, verbatim: true }) } = this.#options;
    wanted.isRunning = true;
    this.#count(asker, 1);
    const answer = Promise.resolve(wanted.host).then(find); // it may throw at once, too
    wanted.settle(answer);
    const isFound = await answer.then(
      () => true,
      () => false,
    );
    this.#count(asker, -1);
    this.#underWay.delete(wanted.host);
    this.#keep(wanted.host, answer, isFound ? keepMs.found : keepMs.notFound);
    this.#runNext();
  }

  #count(asker: object, change: number): void {
    this.#runningAll += change;
    const count = (this.#running.get(asker) ?? 0) + change;
    if (count > 0) this.#running.set(asker, count);
    else this.#running.delete(asker);
  }

  #keep(host: string, answer: Promise<LookupAddress[]>, ms: number): void {
    this.#known.delete(host);
    this.#known.set(host, { answer, until: performance.now() + ms });
    const [oldest] = this.#known.keys();
    if (this.#known.size > keptNames && oldest !== undefined) this.#known.delete(oldest);
  }
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T | PromiseLike<T>) => void } {
  let resolve: (value: T | PromiseLike<T>) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
