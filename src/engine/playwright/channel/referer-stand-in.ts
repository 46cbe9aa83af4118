import { randomUUID } from 'node:crypto';
import type { Page, Request, Response, Route } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import { firstRequest, isFirstRequest, isForMainFrame, isSameDocument } from '../document-request.js';
import type { NavigationOverride } from './navigation-override.js';
import { isAnything } from './route-request-override.js';

/**
 * Sends a referer with a browser that takes none from outside (it drops the header, and the driver's option has no effect):
 *
 * ```
 * a page of ours at the referer's address ─▶ its script goes to the target ─▶ the browser names where it came from
 * ```
 *
 * The driver's routing answers for the referer's site, which is sent nothing. The page has no content and no icon, so that
 * nothing is fetched for it.
 */
export class RefererStandIn implements NavigationOverride {
  readonly #page: Page;
  readonly #referer: string;
  /** What else is to be changed of the request. */
  readonly #rest: NavigationOverride | undefined;
  readonly #onStandIn: (request: Request) => void;
  readonly #id = randomUUID();
  /** Whether the browser has shown what is at the referer's address. */
  #isShown = false;
  #hasLeft = false;

  /** @param onStandIn told of the request that the page of ours is the answer to */
  constructor(
    page: Page,
    referer: string,
    rest: NavigationOverride | undefined,
    onStandIn: (request: Request) => void,
  ) {
    this.#page = page;
    this.#referer = referer;
    this.#rest = rest;
    this.#onStandIn = onStandIn;
  }

  get refusal(): MooringError | undefined {
    return this.#rest?.refusal;
  }

  get applied(): boolean {
    return this.#hasLeft && (this.#rest?.applied ?? true);
  }

  /** Shows the page of ours. If the one before gets in between, `goto` finds out. */
  async start(): Promise<void> {
    await this.#page.route(isAnything, this.#onRoute);
    try {
      this.#isShown = await this.#page.goto(this.#referer, { waitUntil: 'commit', timeout: 0 }).then(
        () => true,
        () => false, // the page before is on its way elsewhere
      );
    } finally {
      await this.#page.unroute(isAnything, this.#onRoute).catch(() => {}); // gone with the page
    }
    await this.#rest?.start();
  }

  readonly goto = async (url: string): Promise<Response | undefined> => {
    // The browser would go nowhere.
    if (url.includes('#') && isSameDocument(url, this.#referer)) {
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        `\`referer\`: expected another address than that of the page, which has a fragment; got ${this.#referer}.`,
      );
    }
    if (!this.#isShown) return undefined;
    const going = this.#page.waitForNavigation({ waitUntil: 'commit', timeout: 0 });
    going.catch(() => {}); // nobody waits for it if there is nothing to leave
    const leave = `document.documentElement.id === ${JSON.stringify(this.#id)} && Boolean(location.href = ${JSON.stringify(url)})`;
    // A document that is gone by the time it would answer has been left.
    this.#hasLeft = (await this.#page.evaluate(leave).catch(() => true)) === true;
    if (this.#hasLeft) return ofOurs(await going, url);
    if (!isFirstRequest(this.#page.url(), this.#referer)) return undefined;
    throw new MooringError(
      'UNSUPPORTED_PARAMETER',
      `\`referer\`: expected a site that has no service worker in this session; that of ${new URL(this.#referer).host} answers in place of the page that this browser needs there.`,
    );
  };

  async stop(): Promise<void> {
    await this.#rest?.stop();
  }

  readonly #onRoute = async (route: Route, request: Request): Promise<void> => {
    if (!isForMainFrame(request, this.#page)) return route.fallback().catch(() => {}); // the page went meanwhile
    // The page that is being left wants to go elsewhere.
    if (!isFirstRequest(request.url(), this.#referer)) return route.abort('aborted').catch(() => {}); // it went
    this.#onStandIn(request);
    const body = `<!doctype html><html id="${this.#id}"><head><meta name="referrer" content="unsafe-url"><link rel="icon" href="data:,"></head></html>`;
    await route.fulfill({ status: 200, contentType: 'text/html; charset=utf-8', body }).catch(() => {}); // it went
  };
}

/** The answer, if it is of a navigation that began there. */
function ofOurs(response: Response | null, url: string): Response | undefined {
  return response && isFirstRequest(firstRequest(response.request()).url(), url) ? response : undefined;
}
