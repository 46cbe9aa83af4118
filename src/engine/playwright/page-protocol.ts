import type { CDPSession, Page, Request, Route } from 'playwright-core';
import { MooringError } from '../../errors.js';
import type { NavigationRequest } from '../engine.js';
import { isFirstRequest, isForMainFrame } from './main-frame.js';
import { emptyDocument, needsOverride, RequestOverride } from './request-override.js';

/** Gives the next navigation of the main frame another method, body and headers. */
export interface NavigationOverride {
  /** Why the browser did not send the request as it was asked to; nothing was sent then. */
  readonly refusal: MooringError | undefined;
  /** Whether the request went out as it was asked for. */
  readonly applied: boolean;
  start(): Promise<void>;
  /** Lets every request go as the browser would send it. */
  stop(): Promise<void>;
}

/** What a page is asked beside the driver's own calls, by the shortest way that its browser has. */
export interface PageProtocol {
  /** Runs an expression, in a world of its own where the browser has such. @returns what JSON can hold of it */
  evaluate(expression: string, timeoutMs?: number): Promise<unknown>;
  /** The same in the world of the page's own scripts. */
  evaluateInPage(expression: string): Promise<unknown>;
  stopLoading(): Promise<unknown>;
  /** Ends a script that never ends, where the browser can. */
  terminate(): Promise<unknown>;
  /** Ends the renderer, where the browser can, without asking it. */
  crash(): void;
  /** Gives a navigation what the address bar cannot; nothing if this one needs none. */
  override(request: NavigationRequest): NavigationOverride | undefined;
  /** Runs a script before those of the next documents. @returns how to stop that */
  beforeScripts(source: string): Promise<() => Promise<void>>;
  /** What is shown as WebP, base64; absent: the browser gives none. */
  readonly picture?: () => Promise<string>;
}

/** Over a protocol session of our own: the driver's ways to read inject 345 KB of script into each new document. */
export class ChromiumPageProtocol implements PageProtocol {
  readonly #cdp: CDPSession;
  readonly #mainFrameId: string;

  private constructor(cdp: CDPSession, mainFrameId: string) {
    this.#cdp = cdp;
    this.#mainFrameId = mainFrameId;
  }

  static async open(page: Page): Promise<ChromiumPageProtocol> {
    const cdp = await page.context().newCDPSession(page);
    const { frameTree } = await cdp.send('Page.getFrameTree');
    return new ChromiumPageProtocol(cdp, frameTree.frame.id);
  }

  async evaluate(expression: string, timeoutMs?: number): Promise<unknown> {
    const world = { frameId: this.#mainFrameId, worldName: 'mooring' };
    const { executionContextId } = await this.#cdp.send('Page.createIsolatedWorld', world);
    return this.#evaluate(expression, { contextId: executionContextId, ...(timeoutMs ? { timeout: timeoutMs } : {}) });
  }

  evaluateInPage(expression: string): Promise<unknown> {
    return this.#evaluate(expression, {});
  }

  stopLoading(): Promise<unknown> {
    return this.#cdp.send('Page.stopLoading');
  }

  terminate(): Promise<unknown> {
    return this.#cdp.send('Runtime.terminateExecution');
  }

  crash(): void {
    this.#cdp.send('Page.crash').catch(() => {}); // that is what it is for
  }

  override(request: NavigationRequest): NavigationOverride | undefined {
    return needsOverride(request) ? new RequestOverride(this.#cdp, this.#mainFrameId, request) : undefined;
  }

  async beforeScripts(source: string): Promise<() => Promise<void>> {
    await this.#cdp.send('Page.enable'); // without it the script is kept and never run
    const { identifier } = await this.#cdp.send('Page.addScriptToEvaluateOnNewDocument', { source });
    return async () => {
      await this.#cdp.send('Page.removeScriptToEvaluateOnNewDocument', { identifier }).catch(() => {}); // gone with the page
    };
  }

  async picture(): Promise<string> {
    const shot = { format: 'webp', quality: 60, optimizeForSpeed: true } as const;
    return (await this.#cdp.send('Page.captureScreenshot', shot)).data;
  }

  async #evaluate(expression: string, options: { contextId?: number; timeout?: number }): Promise<unknown> {
    const asked = { expression, returnByValue: true, ...options };
    const { result, exceptionDetails } = await this.#cdp.send('Runtime.evaluate', asked);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}

/** By the driver's own calls, for browsers that have no protocol session to give. */
export class DriverPageProtocol implements PageProtocol {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  evaluate(expression: string): Promise<unknown> {
    return this.#page.evaluate(expression);
  }

  evaluateInPage(expression: string): Promise<unknown> {
    return this.#page.evaluate(expression);
  }

  stopLoading(): Promise<unknown> {
    return this.#page.evaluate('window.stop()');
  }

  async terminate(): Promise<void> {}

  crash(): void {}

  override(request: NavigationRequest): NavigationOverride | undefined {
    if (request.referer !== undefined) {
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        '`referer`: expected it absent, for this browser sends none that it is told; or a session on Chromium.',
      );
    }
    return needsOverride(request) ? new RouteOverride(this.#page, request) : undefined;
  }

  async beforeScripts(source: string): Promise<() => Promise<void>> {
    const script = await this.#page.addInitScript({ content: source });
    return () => script.dispose().catch(() => {}); // gone with the page
  }
}

/** By the driver's routing, for as long as the one navigation takes. */
class RouteOverride implements NavigationOverride {
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

const isAnything = (): boolean => true;
