import { type ErrorCode, MooringError } from '../errors.js';
import type { Destination } from './dial.js';
import { destinationOf } from './egress-policy.js';

/** Codes of connections that the policy refused, in contrast to those that failed. */
const refusals = ['DESTINATION_FORBIDDEN', 'DOMAIN_NOT_ALLOWED', 'QUOTA_EXCEEDED'] as const;
type RefusalCode = (typeof refusals)[number];

/** A host that was refused while a request ran, and how often. */
export interface BlockedHost {
  readonly host: string;
  readonly count: number;
  /** The code that a navigation there would end with. */
  readonly reason: RefusalCode;
}

interface Failure {
  /** If omitted, the failure concerns every destination. */
  readonly to?: Destination;
  readonly error: MooringError;
}

/** How many are kept for one request: a page can fail without end. */
const limits = { failures: 200, blockedHosts: 50 } as const;

/** The connections that failed or were refused since the running request began. */
export class RequestLog {
  #failures: Failure[] = [];
  /** By host and reason. */
  readonly #blocked = new Map<string, BlockedHost>();

  /** Starts afresh for the next request. */
  clear(): void {
    this.#failures = [];
    this.#blocked.clear();
  }

  /** Keeps why a connection did not come about, or broke off. @returns the code of that */
  add(to: Destination, error: unknown): ErrorCode {
    const { host } = to;
    const known =
      error instanceof MooringError
        ? error
        : new MooringError('NO_RESPONSE', `expected a usable HTTP response from ${host}; the connection broke off.`, {
            cause: error,
          });
    this.#keep({ to, error: known });
    const reason = refusals.find((code) => code === known.code);
    if (reason === undefined || host === '') return known.code;
    const key = `${reason} ${host}`;
    const before = this.#blocked.get(key);
    if (before || this.#blocked.size < limits.blockedHosts)
      this.#blocked.set(key, { host, count: (before?.count ?? 0) + 1, reason });
    return known.code;
  }

  /** Keeps an error that ends what runs, wherever it goes. */
  addForAll(error: MooringError): void {
    this.#keep({ error });
  }

  /** Hosts that were refused. */
  get blocked(): BlockedHost[] {
    return [...this.#blocked.values()];
  }

  /** Why the last connection for this URL failed, if one did. */
  failure(url: string): MooringError | undefined {
    const { host, port } = destinationOf(url);
    return this.#failures.findLast(({ to }) => !to || (to.host === host && to.port === port))?.error;
  }

  #keep(failure: Failure): void {
    if (this.#failures.length < limits.failures) this.#failures.push(failure);
  }
}
