import { settledWithin } from '../../util/deadline.js';
import type { EnginePage, EngineProtocol, ProtocolMessage } from '../engine.js';
import type { WireClient } from './driver/protocol-wire.js';

/** A browser that is gone, or hangs, does not answer that its sessions have ended. */
const closeTimeoutMs = 5000;

/** A client's sessions on the wire of a Chromium, for as long as it is there. */
export class PlaywrightProtocol implements EngineProtocol {
  readonly contextId: string;
  readonly browserSessionId: string;
  readonly maxTabs: number;
  readonly #client: WireClient;
  readonly #onClosed: (shownTargetId: string | undefined) => Promise<EnginePage | undefined>;
  #closed: Promise<EnginePage | undefined> | undefined;

  /** @param onClosed told once its sessions have ended; gives the page that is shown from then on */
  constructor(
    client: WireClient,
    maxTabs: number,
    onClosed: (shownTargetId: string | undefined) => Promise<EnginePage | undefined>,
  ) {
    this.#client = client;
    this.contextId = client.contextId;
    this.browserSessionId = client.browserSessionId;
    this.maxTabs = maxTabs;
    this.#onClosed = onClosed;
  }

  get holdsNewTabs(): boolean {
    return this.#client.holdsNewTabs;
  }

  set holdsNewTabs(holds: boolean) {
    this.#client.holdsNewTabs = holds;
  }

  send(message: ProtocolMessage): void {
    this.#client.send(message);
  }

  ask(method: string, params?: Record<string, unknown>, sessionId?: string): Promise<Record<string, unknown>> {
    return this.#client.ask(method, params, sessionId);
  }

  isHeld(targetId: string): boolean {
    return this.#client.isHeld(targetId);
  }

  letRun(targetId: string): void {
    this.#client.letRun(targetId);
  }

  deviceOf(targetId: string): Readonly<Record<string, unknown>> | undefined {
    return this.#client.deviceOf(targetId);
  }

  hearDownloads(): Promise<void> {
    return this.#client.hearDownloads();
  }

  close(shownTargetId?: string): Promise<EnginePage | undefined> {
    this.#closed ??= this.#close(shownTargetId);
    return this.#closed;
  }

  async #close(shownTargetId: string | undefined): Promise<EnginePage | undefined> {
    await settledWithin(this.#client.close(), closeTimeoutMs);
    return this.#onClosed(shownTargetId);
  }
}
