import type { Page, Request, Route } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { NavigationRequest } from '../../engine.js';
import { isFirstRequest, isForMainFrame } from '../document-request.js';
import { emptyDocument, type NavigationOverride } from './navigation-override.js';

/** By the driver's routing, for as long as the one navigation takes. */
export class RouteRequestOverride implements NavigationOverride {
  readonly #page: Page;
  readonly #request: NavigationRequest;
  applied = false;
  refusal: MooringError | undefined;

  constructor(page: Page, request: NavigationRequest) {
    this.#page = page;
    this.#request = request;
  }

  async start(): Promise<void> {
    await this.#page.route(isAnything, this.#onRoute);
  }

  async stop(): Promise<void> {
    await this.#page.unroute(isAnything, this.#onRoute).catch(() => {}); // gone with the page
  }

  readonly #onRoute = async (route: Route, request: Request): Promise<void> => {
    const isWaiting = !this.applied && isForMainFrame(request, this.#page);
    // Whoever watches the page has its say on the others.
    if (!isWaiting) return route.fallback().catch(() => {}); // the page went meanwhile
    // The page that is being left wants to go elsewhere: not with what is meant for another site.
    if (!isFirstRequest(request.url(), this.#request.url)) return route.abort('aborted').catch(() => {}); // it went
    this.applied = true;
    const { method, headers, body, emptyDocument: isEmpty } = this.#request;
    try {
      if (isEmpty) await route.fulfill({ status: 200, contentType: emptyDocument.type, body: emptyDocument.html });
      else {
        const all = { ...request.headers(), ...headers };
        await route.continue({ method, headers: all, ...(body === undefined ? {} : { postData: body }) });
      }
    } catch (error) {
      this.refusal = new MooringError(
        'INVALID_PARAMETER',
        `\`customHeaders\`: expected headers that the browser may send; it refuses one of ${Object.keys(headers).join(', ')}.`,
        { cause: error },
      );
      await route.abort('aborted').catch(() => {}); // the page went meanwhile
    }
  };
}

/** A route for every address: a function, since the driver would read a pattern. */
export const isAnything = (): boolean => true;
