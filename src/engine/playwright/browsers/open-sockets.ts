import type { MessageOutline } from '../driver/message-reader.js';

/** A page may have more open: then there are many. */
const maxPerTarget = 1000;

/**
 * Counts the WebSockets that targets have open, by what Chromium tells of them.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Network/#event-webSocketCreated
 */
export class OpenSockets {
  /** Request IDs, by protocol session. */
  readonly #open = new Map<string, Set<string>>();

  note({ method, sessionId = '', head }: MessageOutline): void {
    if (method !== 'Network.webSocketCreated' && method !== 'Network.webSocketClosed') return;
    const requestId = /"requestId":"([^"]+)"/.exec(head)?.[1];
    if (requestId === undefined) return;
    const open = this.#open.get(sessionId) ?? new Set();
    if (method === 'Network.webSocketClosed') open.delete(requestId);
    else if (open.size < maxPerTarget) open.add(requestId);
    if (open.size > 0) this.#open.set(sessionId, open);
    else this.#open.delete(sessionId);
  }

  forget(sessionId: string): void {
    this.#open.delete(sessionId);
  }

  /** @param isCounted whether those of a protocol session count */
  count(isCounted: (sessionId: string) => boolean): number {
    return [...this.#open].reduce((sum, [sessionId, { size }]) => sum + (isCounted(sessionId) ? size : 0), 0);
  }
}
