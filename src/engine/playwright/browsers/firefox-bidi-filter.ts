import type { Browser } from 'playwright-core';
import { filterWire, type WireEnds, type WireFilter, type WireMessage } from '../driver/driver-transport.js';
import type { MessageOutline } from '../driver/message-reader.js';

/**
 * What the driver asks of a Firefox over WebDriver BiDi that a release of it does not know: answered here as if it were
 * done. Each with what is lost by that; the engine contract has a test that tells when one is no longer needed.
 */
export const answeredCommands: readonly string[] = [
  // Firefox 153 does not know it, and no context can be opened without: colour scheme and reduced motion stay those of the
  // system. Nothing here asks for others.
  'emulation.setMediaFeaturesOverride',
];

/** An ID that the driver never comes to. */
const ownId = 1_000_000_000;

/** Stands between the driver and a Firefox that lacks some commands. */
export class FirefoxBidiFilter implements WireFilter {
  readonly unwanted: ReadonlySet<string> = new Set(['log.entryAdded']);
  readonly #wire: WireEnds;

  /** @throws when the driver cannot be filtered */
  constructor(browser: Browser) {
    this.#wire = filterWire(browser, this);
    // What pages log and throw: the driver would keep 200 of each, however large.
    this.#wire.toBrowser({ id: ownId, method: 'session.unsubscribe', params: { events: ['log.entryAdded'] } });
  }

  outgoing(message: WireMessage): WireMessage[] {
    if (message.method === undefined || !answeredCommands.includes(message.method)) return [message];
    const answer = { type: 'success', id: message.id, result: {} };
    setImmediate(() => this.#wire.toDriver(answer as WireMessage)); // of BiDi
    return [];
  }

  incoming({ id }: WireMessage): boolean {
    return id !== ownId;
  }

  refusal({ id }: MessageOutline, reason: string): WireMessage {
    const refusal = { type: 'error', error: 'unknown error', message: reason, stacktrace: '' };
    return { ...(id === undefined ? {} : { id }), ...refusal } as unknown as WireMessage; // of BiDi
  }
}
