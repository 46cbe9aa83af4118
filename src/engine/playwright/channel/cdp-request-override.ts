import type { CDPSession } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { NavigationRequest } from '../../engine.js';
import { isFirstRequest } from '../document-request.js';
import { emptyDocument, type NavigationOverride } from './navigation-override.js';

/**
 * Gives the next navigation of the main frame another method, body and headers:
 *
 * ```
 * goto ─▶ browser pauses the document's request ─▶ continue with method, body, headers ─▶ network
 * ```
 *
 * Over a protocol session of our own rather than the driver's routing, which switches the HTTP cache off for the page
 * and would ask about every asset. Only requests for documents pause, and only until ours has come by; redirects keep
 * what the network stack makes of them (a 303 after POST is a GET). Service workers are passed by meanwhile: one that
 * answers navigations would send them on as it likes.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Fetch/
 */
export class CdpRequestOverride implements NavigationOverride {
  readonly #openSession: () => Promise<CDPSession>;
  readonly #mainFrameId: string;
  readonly #request: NavigationRequest;
  #session: CDPSession | undefined;
  #state: 'waiting' | 'applied' | 'refused' | 'stopped' = 'waiting';
  #refusal: MooringError | undefined;

  constructor(openSession: () => Promise<CDPSession>, mainFrameId: string, request: NavigationRequest) {
    this.#openSession = openSession;
    this.#mainFrameId = mainFrameId;
    this.#request = request;
  }

  /** Why the browser did not send the request as it was asked to; nothing was sent then. */
  get refusal(): MooringError | undefined {
    return this.#refusal;
  }

  /** Whether the request went out as it was asked for. */
  get applied(): boolean {
    return this.#state === 'applied';
  }

  async start(): Promise<void> {
    this.#session = await this.#openSession();
    this.#cdp.on('Fetch.requestPaused', this.#onPaused);
    await Promise.all([
      this.#cdp.send('Network.enable'), // without it the next call has no effect
      this.#cdp.send('Network.setBypassServiceWorker', { bypass: true }),
      this.#cdp.send('Fetch.enable', {
        patterns: [{ urlPattern: '*', resourceType: 'Document', requestStage: 'Request' }],
      }),
    ]);
  }

  /** Lets every request go as the browser would send it. */
  async stop(): Promise<void> {
    if (this.#state === 'waiting') this.#state = 'stopped';
    if (!this.#session) return; // it did not start
    this.#cdp.off('Fetch.requestPaused', this.#onPaused);
    // These fail only with the page, which then has no requests either.
    await Promise.all([
      this.#cdp.send('Fetch.disable').catch(() => {}),
      this.#cdp.send('Network.setBypassServiceWorker', { bypass: false }).catch(() => {}),
      this.#cdp.send('Network.disable').catch(() => {}),
    ]);
  }

  get #cdp(): CDPSession {
    if (!this.#session) throw new Error('the override has not started');
    return this.#session;
  }

  readonly #onPaused = async (event: {
    requestId: string;
    frameId: string;
    request: { url: string; headers: Record<string, string> };
  }) => {
    const { requestId, frameId } = event;
    if (
      this.#state === 'waiting' &&
      frameId === this.#mainFrameId &&
      !isFirstRequest(event.request.url, this.#request.url)
    ) {
      // The page that is being left wants to go elsewhere: not with what is meant for another site.
      await this.#cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }).catch(() => {}); // the page went meanwhile
      return;
    }
    if (this.#state !== 'waiting' || frameId !== this.#mainFrameId) {
      await this.#cdp.send('Fetch.continueRequest', { requestId }).catch(() => {}); // the page went meanwhile
      return;
    }
    const { method, headers, body } = this.#request;
    this.#state = 'applied';
    if (this.#request.emptyDocument) {
      const answer = {
        requestId,
        responseCode: 200,
        responseHeaders: [{ name: 'content-type', value: emptyDocument.type }],
        body: Buffer.from(emptyDocument.html).toString('base64'),
      };
      await this.#cdp.send('Fetch.fulfillRequest', answer).catch(() => {}); // the page went meanwhile
      await this.stop();
      return;
    }
    try {
      await this.#cdp.send('Fetch.continueRequest', {
        requestId,
        method,
        headers: mergeHeaders(event.request.headers, headers),
        ...(body === undefined ? {} : { postData: Buffer.from(body).toString('base64') }),
      });
    } catch (error) {
      this.#state = 'refused';
      this.#refusal = new MooringError(
        'INVALID_PARAMETER',
        `\`customHeaders\`: expected headers that the browser may send; it refuses one of ${Object.keys(headers).join(', ')}.`,
        { cause: error },
      );
      await this.#cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' }).catch(() => {}); // the page went meanwhile
    }
    await this.stop();
  };
}

function mergeHeaders(
  own: Readonly<Record<string, string>>,
  over: Readonly<Record<string, string>>,
): { name: string; value: string }[] {
  const merged = new Map(Object.entries(own).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  for (const [name, value] of Object.entries(over)) merged.set(name.toLowerCase(), { name, value });
  return [...merged.values()];
}
