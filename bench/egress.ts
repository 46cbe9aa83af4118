import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { AddressGuard } from '../src/egress/address-guard.js';
import { SessionProxy } from '../src/egress/session-proxy.js';
import { usedBytes } from './memory.js';

const guard = new AddressGuard({ privateNetworks: { kind: 'listed', cidrs: ['127.0.0.0/8'] } });

/** A session's proxy that connects directly, without a browser before it. */
export async function openSessionProxy(): Promise<SessionProxy> {
  const sessionProxy = new SessionProxy({
    upstream: { route: { kind: 'direct' }, namedBy: 'caller', class: 'direct', report() {}, release() {} },
    guard,
    domains: {},
    connectTimeoutMs: 10_000,
  });
  await sessionProxy.open();
  return sessionProxy;
}

/** A client and a site in a process of their own, as browser and site are: only the gateway runs in this one. */
export class Outside {
  readonly #child: ChildProcess = fork(new URL('./outside.js', import.meta.url));

  /** Starts the site. @returns its address */
  async start(): Promise<string> {
    const [url] = (await once(this.#child, 'message')) as [string]; // what outside.ts sends first
    return url;
  }

  /** Fetches a URL so often, one after another, through a proxy if one is named. @returns milliseconds each */
  async fetch(url: string, times: number, proxy?: string): Promise<number[]> {
    this.#child.send({ url, times, proxy });
    const [result] = (await once(this.#child, 'message')) as [number[]]; // what outside.ts answers
    return result;
  }

  async close(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }
}

/** What one idle session proxy costs this process, in bytes of heap and of buffers outside it. */
export async function idleProxyBytes(count: number): Promise<number> {
  await (await openSessionProxy()).close();
  const before = await usedBytes();
  const proxies = await Promise.all(Array.from({ length: count }, () => openSessionProxy()));
  const after = await usedBytes();
  await Promise.all(proxies.map((sessionProxy) => sessionProxy.close()));
  return (after - before) / count;
}
