import type { DomainHosts } from '../protocol/values/domain-list.js';
import type { AddressGuard } from './address-guard.js';
import { destinationOf } from './egress-policy.js';
import type { Bytes, UpstreamClass } from './meter.js';
import { SessionProxy } from './session-proxy.js';
import type { Upstream } from './upstream.js';

export interface EgressGatewayOptions {
  readonly guard: AddressGuard;
  /** How long until a connection stands. */
  readonly connectTimeoutMs: number;
  /** The authorities that may certify `https://` proxies, PEM. If omitted, those that Node knows. */
  readonly proxyCa?: readonly string[] | undefined;
}

/** What bounds a session's traffic for its whole life. */
export interface EgressLimits {
  readonly domains: DomainHosts;
  /** Bytes both ways together. If omitted, any number. */
  readonly maxBytes?: number | undefined;
}

type Totals = Record<UpstreamClass, { bytesIn: number; bytesOut: number }>;

/** Opens a proxy for each session, and adds up what they move. */
export class EgressGateway {
  readonly #options: EgressGatewayOptions;
  readonly #open = new Set<SessionProxy>();
  readonly #closed: Totals = zeroTotals();

  constructor(options: EgressGatewayOptions) {
    this.#options = options;
  }

  /** @throws MooringError `DESTINATION_FORBIDDEN` when no session may go to this URL */
  assertUrl(url: string): void {
    this.#options.guard.assertName({ ...destinationOf(url), namedBy: 'caller' });
  }

  /** Opens a session's proxy; it owns the upstream from then on. */
  async open(upstream: Upstream, { domains, maxBytes }: EgressLimits): Promise<SessionProxy> {
    const { guard, connectTimeoutMs, proxyCa } = this.#options;
    const proxy = new SessionProxy({ upstream, guard, domains, maxBytes, connectTimeoutMs, proxyCa });
    await proxy.open();
    this.#open.add(proxy);
    return proxy;
  }

  /** Closes a session's proxy, and keeps what it counted. */
  async close(proxy: SessionProxy): Promise<void> {
    await proxy.close();
    if (!this.#open.delete(proxy)) return;
    addTo(this.#closed, proxy.meter.byClass);
  }

  /** Bytes by class of upstream, since the server started. */
  totals(): Totals {
    const totals = structuredClone(this.#closed);
    for (const { meter } of this.#open) addTo(totals, meter.byClass);
    return totals;
  }
}

function zeroTotals(): Totals {
  const zero = () => ({ bytesIn: 0, bytesOut: 0 });
  return { direct: zero(), caller: zero(), residential: zero(), datacenter: zero(), mobile: zero() };
}

function addTo(totals: Totals, moved: ReadonlyMap<UpstreamClass, Bytes>): void {
  for (const [name, { bytesIn, bytesOut }] of moved) {
    totals[name].bytesIn += bytesIn;
    totals[name].bytesOut += bytesOut;
  }
}
