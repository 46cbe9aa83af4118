import type { WireEnds, WireFilter, WireMessage } from './driver-wire.js';

/**
 * What the driver asks of a Firefox over WebDriver BiDi that a release of it does not know: answered here as if it were
 * done. Each with what is lost by that; the engine contract has a test that tells when one is no longer needed.
 */
const answeredCommands: Readonly<Record<string, string>> = {
  // Firefox 153 does not know it, and no context can be opened without: colour scheme and reduced motion stay those of the
  // system. Nothing here asks for others.
  'emulation.setMediaFeaturesOverride': 'colour scheme and reduced motion',
};

/** The commands that this filter answers itself. */
export const answeredCommandNames: readonly string[] = Object.keys(answeredCommands);

/** Stands between the driver and a Firefox that lacks some commands. */
export class FirefoxBidiFilter implements WireFilter {
  #ends: WireEnds | undefined;

  /** @param ends both ends of the wire, once the filter is in place */
  open(ends: WireEnds): void {
    this.#ends = ends;
  }

  outgoing(message: WireMessage): WireMessage[] {
    if (message.method === undefined || !(message.method in answeredCommands)) return [message];
    const answer = { type: 'success', id: message.id, result: {} };
    setImmediate(() => this.#ends?.toDriver(answer as WireMessage)); // of BiDi
    return [];
  }

  incoming(): boolean {
    return true;
  }
}
