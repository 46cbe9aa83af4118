import type { Browser } from 'playwright-core';
import { filterWire, type WireEnds, type WireFilter, type WireMessage } from './driver-wire.js';

/**
 * What the driver asks of a Firefox over WebDriver BiDi that a release of it does not know: answered here as if it were
 * done. Each with what is lost by that; the engine contract has a test that tells when one is no longer needed.
 */
export const answeredCommands: readonly string[] = [
  // Firefox 153 does not know it, and no context can be opened without: colour scheme and reduced motion stay those of the
  // system. Nothing here asks for others.
  'emulation.setMediaFeaturesOverride',
];

/** Stands between the driver and a Firefox that lacks some commands. */
export class FirefoxBidiFilter implements WireFilter {
  readonly #wire: WireEnds;

  /** @throws when the driver cannot be filtered */
  constructor(browser: Browser) {
    this.#wire = filterWire(browser, this);
  }

  outgoing(message: WireMessage): WireMessage[] {
    if (message.method === undefined || !answeredCommands.includes(message.method)) return [message];
    const answer = { type: 'success', id: message.id, result: {} };
    setImmediate(() => this.#wire.toDriver(answer as WireMessage)); // of BiDi
    return [];
  }

  incoming(): boolean {
    return true;
  }
}
