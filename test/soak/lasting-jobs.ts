import { setTimeout as sleep } from 'node:timers/promises';
import { type CountingSite, foundIn } from '../support/counting-site.js';
import type { LastingServer, Reply } from '../support/lasting-server.js';
import type { Random } from '../support/random.js';
import { SessionLedger, type SessionOptions } from './lasting-ledger.js';
import { Tally } from './lasting-tally.js';

export interface LastingJobsOptions {
  readonly server: LastingServer;
  readonly sites: readonly CountingSite[];
  readonly random: Random;
  /** How many sessions there are that last, and that do not. */
  readonly lasting: number;
  readonly plain: number;
}

interface Entry {
  readonly ledger: SessionLedger;
  isTaken: boolean;
  isCreated: boolean;
  /** The start of the server in which the last success came. */
  start: number;
  /** A reply is to tell that its newest record was damaged. */
  isDamaged: boolean;
  /** A request of it had no answer, which may have told what is told once. */
  isUnsure: boolean;
  /** Its last success told of a damage: if the server is killed before the next one, it is told again. */
  mayTellAgain: boolean;
  /** How often its browser or renderer crashed since its last success, as it saw it. */
  crashes: number;
  /** What was said when it was last brought back. */
  told: string;
}

/** How long a caller waits: far longer than any command may take. */
const patienceMs = 120_000;
/** Errors that a fault explains; any other is one of ours. */
const excused = new Set([
  'CODE-0001',
  'CODE-0025',
  'CODE-0026',
  'CODE-0027',
  'CODE-0006',
  'DRAINING',
  'STATE_NOT_KEPT',
]);
/** After so many crashes in a row under its own requests a session ends, as documented. */
const crashesToEnd = 3;

/** Jobs on many sessions, each of which sees that the site finds what was acknowledged before. */
export class LastingJobs {
  readonly outcomes = new Tally();
  readonly jobs = new Tally();
  /** What must not be, a sentence each. */
  readonly problems: string[] = [];
  /** Acknowledged states that were not there, or another's. */
  lost = 0;
  /** States that were looked at and were as acknowledged. */
  verified = 0;
  /** Sessions that ended after three crashes in a row, which the documentation says. */
  ended = 0;
  /** Milliseconds of requests that woke a session: all, and those while no fault was near. */
  readonly wakes: { readonly ms: number; readonly isCalm: boolean }[] = [];
  /** Sessions that were told that the record before the newest was used. */
  toldOfDamage = 0;
  /** Until then, by `performance.now()`, a fault is near. */
  nearFaultUntil = 0;
  readonly #options: LastingJobsOptions;
  readonly #entries: Entry[] = [];
  #names = 0;
  #isOver = false;

  constructor(options: LastingJobsOptions) {
    this.#options = options;
    for (let i = 0; i < options.lasting; i++) this.#add(true);
    for (let i = 0; i < options.plain; i++) this.#add(false);
  }

  /** Replies that acknowledged a state. */
  get acknowledged(): number {
    return this.outcomes.get('success');
  }

  /** Does one job after another until `end`. */
  async work(): Promise<void> {
    while (!this.#isOver) {
      const entry = this.#options.random.pick(this.#entries.filter(({ isTaken }) => !isTaken));
      if (!entry || !this.#options.server.isUp) {
        await sleep(50);
        continue;
      }
      await this.#take(entry, () => this.#job(entry));
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** A step of each session that nobody uses, all at once. */
  async storm(): Promise<number> {
    const free = this.#entries.filter(({ isTaken }) => !isTaken);
    await Promise.all(free.map((entry) => this.#take(entry, () => this.#step(entry))));
    return free.length;
  }

  /** The sessions that last and are not known to have a damaged record. The server is down. */
  get damageable(): string[] {
    return this.#lasting.filter(({ isDamaged }) => !isDamaged).map(({ ledger }) => ledger.name);
  }

  /** The newest record of this session was damaged. */
  damaged(name: string): void {
    const entry = this.#entries.find(({ ledger }) => ledger.name === name);
    if (!entry) return;
    entry.ledger.damaged();
    entry.isDamaged = true;
  }

  /** Names of the sessions that last. */
  get names(): string[] {
    return this.#lasting.map(({ ledger }) => ledger.name);
  }

  /** Looks at every site of every session that lasts. */
  async verifyAll(): Promise<void> {
    for (const entry of this.#lasting) for (const site of this.#options.sites) await this.#visit(entry, site, false);
  }

  get #lasting(): Entry[] {
    return this.#entries.filter(({ ledger, isCreated }) => ledger.persist && isCreated);
  }

  #newName(kind: string): string {
    this.#names += 1;
    return `${kind}-${this.#names}`;
  }

  #optionsOf(persist: boolean): SessionOptions {
    const name = this.#newName(persist ? 'lasting' : 'plain');
    // Every second one that lasts sleeps whenever it can.
    const idleSeconds = persist && this.#names % 2 === 0 ? 1 : undefined;
    return { name, persist, ...(idleSeconds === undefined ? {} : { idleSeconds }) };
  }

  #add(persist: boolean): void {
    this.#entries.push(entryOf(new SessionLedger(this.#optionsOf(persist))));
  }

  async #take(entry: Entry, job: () => Promise<void>): Promise<void> {
    entry.isTaken = true;
    try {
      await job();
    } finally {
      entry.isTaken = false;
    }
  }

  async #job(entry: Entry): Promise<void> {
    const { random } = this.#options;
    const { ledger } = entry;
    if (!entry.isCreated) await this.#create(entry);
    else {
      const kinds = [
        { weight: 70, run: () => this.#step(entry) },
        { weight: 10, run: () => this.#visit(entry, this.#site(), false) },
        { weight: 4, run: () => this.#create(entry) },
        ...(ledger.persist
          ? [
              { weight: 3, run: () => this.#fork(entry) },
              { weight: 3, run: () => this.#export(entry) },
            ]
          : []),
        { weight: 2, run: () => this.#destroy(entry) },
      ] as const;
      const [first, ...others] = kinds;
      await random.pickWeighted([first, ...others]).run();
    }
  }

  #site(): CountingSite {
    const [first] = this.#options.sites;
    const site = this.#options.random.pick(this.#options.sites) ?? first;
    if (!site) throw new Error('expected a site');
    return site;
  }

  /** @returns the reply, or undefined if there was none */
  async #send(body: object): Promise<Reply | undefined> {
    const { server } = this.#options;
    const signal = AbortSignal.timeout(patienceMs);
    const program = server.isUp ? server.program : undefined;
    try {
      return await server.send(body, signal);
    } catch {
      if (signal.aborted) this.problems.push(`no answer within ${patienceMs} ms: ${JSON.stringify(body)}`);
      // Nobody answers where nobody is, nor one that is asked to end: anything else would be a fault.
      else if (program?.isUp) await Promise.race([program.exited, sleep(5000)]);
      return undefined;
    }
  }

  /** @returns the reply if it was a success; else what it says is looked at */
  async #ask(entry: Entry, kind: string, body: object): Promise<Reply | undefined> {
    this.jobs.add(kind);
    const startedAt = performance.now();
    const { starts } = this.#options.server;
    const reply = await this.#send(body);
    if (!reply) {
      this.outcomes.add('cut off: the server was ended');
      entry.isUnsure = true;
      return undefined;
    }
    if (reply.data !== 'success') {
      this.#onError(entry, reply, body);
      return undefined;
    }
    this.outcomes.add('success');
    if (reply.restored) {
      const isCalm = performance.now() > this.nearFaultUntil && startedAt > this.nearFaultUntil;
      if (kind === 'step' || kind === 'look') this.wakes.push({ ms: performance.now() - startedAt, isCalm });
    }
    this.#onTold(entry, reply, starts, body);
    return reply;
  }

  /** What a success has to tell of a session that was brought back. */
  #onTold(entry: Entry, reply: Reply, starts: number, body: object): void {
    const { ledger } = entry;
    if (reply.restored) entry.told = JSON.stringify({ ...reply, solution: undefined });
    const isSame = starts === this.#options.server.starts;
    if (!('forkedFrom' in reply) && !('state' in (reply.solution ?? {}))) {
      const isDue = ledger.persist && entry.isCreated && entry.start !== 0 && entry.start !== starts && isSame;
      if (isDue && !reply.restored && !entry.isUnsure)
        this.problems.push(`${ledger.name}: woke without a word after a start: ${JSON.stringify(body)}`);
      const tells = (reply.warnings ?? []).some((text: string) =>
        text.includes('newest state of the session could not'),
      );
      if (tells && !entry.isDamaged && !entry.mayTellAgain)
        this.problems.push(`${ledger.name}: tells of a damage that nobody did: ${JSON.stringify(reply.warnings)}`);
      if (tells) this.toldOfDamage += 1;
      else if (entry.isDamaged && !entry.isUnsure) this.problems.push(`${ledger.name}: does not tell of its damage`);
      entry.mayTellAgain = tells;
      entry.isDamaged = false;
      entry.isUnsure = false;
      entry.start = starts;
    }
    entry.crashes = 0;
  }

  #onError(entry: Entry, { code, error, restored, requestId }: Reply, body: object): void {
    const { ledger } = entry;
    this.outcomes.add(String(code));
    if (restored) entry.isUnsure = true;
    if (code === 'CODE-0026') entry.crashes += 1;
    if (excused.has(code)) return;
    // A disk that is slow for a while: the record is there the next time, and is looked at then.
    if (code === 'STATE_UNREADABLE' && error.includes('expected the disk to be done within')) return;
    if (code === 'SESSION_ENDED' && !ledger.persist) {
      if (!/\((idle|crashed|evicted|drained|lifetime)/.test(error)) this.problems.push(`${ledger.name}: ${error}`);
      entry.isCreated = false;
      return;
    }
    if (code === 'SESSION_ENDED' && /\(crashed/.test(error) && entry.crashes >= crashesToEnd) {
      this.ended += 1;
      this.#replace(entry);
      return;
    }
    if (code === 'SESSION_ENDED' || code === 'SESSION_NOT_FOUND' || code === 'STATE_UNREADABLE') {
      this.lost += 1;
      this.#replace(entry);
    }
    const log = this.#options.server.program.output.split('\n').filter((line) => line.includes(requestId));
    this.problems.push(`${ledger.name}: ${JSON.stringify(body)} → ${error} ${log.join(' ').slice(0, 2000)}`);
  }

  /** Another session in the place of one that is over. */
  #replace(entry: Entry): void {
    const at = this.#entries.indexOf(entry);
    this.#entries[at] = entryOf(new SessionLedger(this.#optionsOf(entry.ledger.persist)));
  }

  async #create(entry: Entry): Promise<void> {
    const { name, persist, idleSeconds } = entry.ledger;
    const ttl = idleSeconds === undefined ? {} : { session_ttl: idleSeconds };
    const body = { cmd: 'sessions.create', session: name, persist, ...ttl };
    if (await this.#ask(entry, 'create', body)) entry.isCreated = true;
  }

  #step(entry: Entry): Promise<void> {
    return entry.isCreated ? this.#visit(entry, this.#site(), true) : this.#create(entry);
  }

  /** @param isStep whether it puts another value there */
  async #visit(entry: Entry, site: CountingSite, isStep: boolean): Promise<void> {
    const { ledger } = entry;
    const value = isStep ? ledger.attempt(site.url) : undefined;
    const body = { ...site.request(ledger.name, value), ...(ledger.persist ? { mustExist: true } : {}) };
    const reply = await this.#ask(entry, isStep ? 'step' : 'look', body);
    if (!reply) return;
    const found = foundIn(reply);
    if (!found) {
      this.problems.push(`${ledger.name}: expected a page of the site; got ${JSON.stringify(reply).slice(0, 500)}`);
      return;
    }
    const problem = ledger.problemWith(site.url, found);
    if (problem === undefined) this.verified += 1;
    else {
      this.lost += 1;
      this.problems.push(`${problem}; ${isStep ? `step to ${value}` : 'look'}; when it last woke: ${entry.told}`);
    }
    if (value !== undefined) ledger.acknowledge(site.url, value);
    else ledger.seen(site.url, found);
  }

  async #fork(entry: Entry): Promise<void> {
    const options = this.#optionsOf(true);
    const { name } = options;
    const { idleSeconds } = entry.ledger;
    const copy = entryOf(
      entry.ledger.fork({ name, persist: true, ...(idleSeconds === undefined ? {} : { idleSeconds }) }),
    );
    const reply = await this.#ask(entry, 'fork', {
      cmd: 'sessions.fork',
      session: entry.ledger.name,
      newSession: name,
    });
    copy.isCreated = true;
    copy.isTaken = true;
    copy.isDamaged = entry.isDamaged;
    copy.isUnsure = true; // of one that is open, it was told already
    // What was not acknowledged may be there all the same.
    if (reply) for (const site of this.#options.sites) await this.#visit(copy, site, site === this.#options.sites[0]);
    await this.#remove(copy);
  }

  async #export(entry: Entry): Promise<void> {
    const { name } = entry.ledger;
    const reply = await this.#ask(entry, 'export', { cmd: 'sessions.export', session: name });
    if (!reply) return;
    const importer = entryOf(entry.ledger.fork({ name: this.#newName('imported'), persist: true }));
    const { state } = reply.solution;
    const body = { cmd: 'sessions.create', session: importer.ledger.name, persist: true, state };
    if (await this.#ask(importer, 'import', body)) {
      importer.isCreated = true;
      for (const site of this.#options.sites) await this.#visit(importer, site, false);
    }
    await this.#remove(importer);
  }

  async #destroy(entry: Entry): Promise<void> {
    await this.#remove(entry);
    this.#replace(entry);
  }

  /** Destroys a session, however often that has to be asked. */
  async #remove({ ledger }: Entry): Promise<void> {
    const until = performance.now() + patienceMs;
    while (performance.now() < until) {
      this.jobs.add('destroy');
      const reply = await this.#send({ cmd: 'sessions.destroy', session: ledger.name });
      if (reply?.data === 'success') return;
      this.outcomes.add(reply ? String(reply.code) : 'cut off: the server was ended');
      await sleep(1000);
    }
    this.problems.push(`${ledger.name}: could not be destroyed`);
  }
}

const entryOf = (ledger: SessionLedger): Entry => ({
  ledger,
  isTaken: false,
  isCreated: false,
  start: 0,
  isDamaged: false,
  isUnsure: false,
  mayTellAgain: false,
  crashes: 0,
  told: 'nothing',
});
