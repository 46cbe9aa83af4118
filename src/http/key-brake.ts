import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';

/** Wrong keys that are answered at once: whoever mistypes one notices no delay. */
const freeFailures = 10;
const firstDelayMs = 50;
const maxDelayMs = 2000;
/** After so long without a wrong key an address starts afresh. */
const forgetMs = 60_000;
const maxAddresses = 10_000;

interface Failures {
  count: number;
  lastAt: number;
}

/**
 * Delays the answers to wrong keys, the more of them came from an address. A right key is never delayed: those who share
 * an address with somebody who tries keys are not punished for it.
 */
export class KeyBrake {
  readonly #byAddress = new Map<string, Failures>();

  /** Waits before a wrong key is answered. */
  async failed(request: FastifyRequest): Promise<void> {
    const delayMs = this.#note(blockOf(request.socket.remoteAddress ?? ''), performance.now());
    if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
  }

  #note(address: string, now: number): number {
    const known = this.#byAddress.get(address);
    const count = known && now - known.lastAt < forgetMs ? known.count + 1 : 1;
    // Put last again: what is first is forgotten first.
    this.#byAddress.delete(address);
    this.#byAddress.set(address, { count, lastAt: now });
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > maxAddresses && oldest !== undefined) this.#byAddress.delete(oldest);
    return count <= freeFailures ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(20, count - freeFailures - 1));
  }
}

/** An IPv6 address stands for its network of 64 bits: that is what one subscriber has. */
const blockOf = (address: string): string =>
  address.includes('.') || !address.includes(':') ? address : address.split(':').slice(0, 4).join(':');
