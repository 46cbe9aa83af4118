import { describeProxy } from '../protocol/values/proxy-address.js';
import type { ProxyClass } from '../protocol/values/proxy-class.js';
import type { Route } from './dial.js';

/** What a session's connections go through, directly or a proxy, and whom that concerns. */
export interface Upstream {
  readonly route: Route;
  /** On whose word the proxy of the route is used. */
  readonly namedBy: 'caller' | 'operator';
  /** Under which its bytes are counted. */
  readonly class: 'direct' | 'caller' | ProxyClass;
  /** The ISO code of the country that its connections come from, if it is known. */
  readonly country?: string | undefined;
  /** Told when a connection through the proxy came about, or failed because of it. */
  readonly report: (succeeded: boolean) => void;
  /** Gives the proxy back. Idempotent. */
  readonly release: () => void;
}

/** No proxy: connections go from this machine to their destination. */
export const directUpstream: Upstream = {
  route: { kind: 'direct' },
  namedBy: 'caller',
  class: 'direct',
  report: () => {},
  release: () => {},
};

/** `directly`, or through which proxy as far as that is the caller's to know. */
export function describeUpstream({ route, namedBy, class: name, country }: Upstream): string {
  if (route.kind === 'direct') return 'directly';
  if (namedBy === 'caller') return `through ${describeProxy(route.proxy)}`;
  return `through a ${name} proxy of the pool${country === undefined ? '' : ` in ${country}`}`;
}
