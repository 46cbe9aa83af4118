import type { CDPSession, Page, Request, Route } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { Size } from '../../../identity/identity.js';
import type { NavigationRequest } from '../../engine.js';
import { type DriverSession, driverSessionOf, evaluateApart } from '../browsers/driver-transport.js';
import { RefererStandIn } from '../browsers/referer-stand-in.js';
import { webpOf } from '../injected/encode-webp.js';
import { isFirstRequest, isForMainFrame } from '../navigation/main-frame.js';
import type { Camera } from '../page/recording.js';
import { emptyDocument, needsOverride, RequestOverride } from './cdp-request-override.js';
import type { NavigationOverride } from './navigation-override.js';

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
  /** Whether it brought a page of ours that only stands in for a site's. */
  isStandIn(request: Request): boolean;
  /** Lets the main frame go nowhere: what it sets out for from now on is given up. @returns how to end that */
  holdNavigations(): Promise<() => Promise<void>>;
  /** Runs a script before those of the next documents. @returns how to stop that */
  beforeScripts(source: string): Promise<() => Promise<void>>;
  /** Absent: it cannot be filmed. */
  readonly camera: Camera | undefined;
  /**
   * A PNG in CSS pixels, of what a viewport of this size shows or of the whole page; absent: the driver takes pictures. The
   * driver takes one after another, and one that a page has moved on from holds up the next.
   */
  readonly screenshot?: (viewport: Size, fullPage: boolean) => Promise<Uint8Array>;
}

interface LayoutMetrics {
  readonly cssContentSize: Size;
  readonly cssVisualViewport: { readonly pageX: number; readonly pageY: number; readonly scale: number };
}

/**
 * Over the driver's own protocol session of the page: the driver's public ways to read inject 345 KB of script into each
 * new document, and a session of our own would have its answers in another order than the driver's events. What intercepts
 * requests has a session of its own, since the driver would answer for it on this one.
 */
export class ChromiumPageProtocol implements PageProtocol {
  readonly #page: Page;
  readonly #session: DriverSession;
  readonly #mainFrameId: string;
  #interception: Promise<CDPSession> | undefined;

  private constructor(page: Page, session: DriverSession, mainFrameId: string) {
    this.#page = page;
    this.#session = session;
    this.#mainFrameId = mainFrameId;
  }

  static async open(page: Page): Promise<ChromiumPageProtocol> {
    const session = driverSessionOf(page);
    const { frameTree } = (await session.send('Page.getFrameTree')) as { frameTree: { frame: { id: string } } };
    return new ChromiumPageProtocol(page, session, frameTree.frame.id);
  }

  async evaluate(expression: string, timeoutMs?: number): Promise<unknown> {
    const world = { frameId: this.#mainFrameId, worldName: 'mooring' };
    const { executionContextId } = (await this.#session.send('Page.createIsolatedWorld', world)) as {
      executionContextId: number;
    };
    return this.#evaluate(expression, { contextId: executionContextId, ...(timeoutMs ? { timeout: timeoutMs } : {}) });
  }

  evaluateInPage(expression: string): Promise<unknown> {
    return this.#evaluate(expression, {});
  }

  stopLoading(): Promise<unknown> {
    return this.#session.send('Page.stopLoading');
  }

  terminate(): Promise<unknown> {
    return this.#session.send('Runtime.terminateExecution');
  }

  crash(): void {
    this.#session.send('Page.crash').catch(() => {}); // that is what it is for
  }

  override(request: NavigationRequest): NavigationOverride | undefined {
    return needsOverride(request)
      ? new RequestOverride(() => this.#intercepting(), this.#mainFrameId, request)
      : undefined;
  }

  isStandIn(): boolean {
    return false;
  }

  async holdNavigations(): Promise<() => Promise<void>> {
    const cdp = await this.#intercepting();
    const onPaused = ({ requestId, frameId }: { requestId: string; frameId: string }): void => {
      const answer =
        frameId === this.#mainFrameId
          ? cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' })
          : cdp.send('Fetch.continueRequest', { requestId });
      answer.catch(() => {}); // given up by the page meanwhile
    };
    cdp.on('Fetch.requestPaused', onPaused);
    await cdp.send('Fetch.enable', { patterns: [{ resourceType: 'Document', requestStage: 'Request' }] });
    return async () => {
      cdp.off('Fetch.requestPaused', onPaused);
      await cdp.send('Fetch.disable').catch(() => {}); // gone with the page
    };
  }

  async beforeScripts(source: string): Promise<() => Promise<void>> {
    const { identifier } = (await this.#session.send('Page.addScriptToEvaluateOnNewDocument', { source })) as {
      identifier: string;
    };
    return async () => {
      await this.#session.send('Page.removeScriptToEvaluateOnNewDocument', { identifier }).catch(() => {}); // gone with the page
    };
  }

  readonly camera: Camera = {
    timeoutMs: 400,
    picture: async () => {
      const shot = { format: 'webp', quality: 60, optimizeForSpeed: true };
      return ((await this.#session.send('Page.captureScreenshot', shot)) as { data: string }).data;
    },
  };

  async screenshot(viewport: Size, fullPage: boolean): Promise<Uint8Array> {
    const [metrics, pixelRatio] = await Promise.all([
      this.#session.send('Page.getLayoutMetrics') as Promise<LayoutMetrics>,
      this.evaluate('devicePixelRatio'),
    ]);
    const { cssContentSize: whole, cssVisualViewport: shown } = metrics;
    const area = fullPage
      ? { x: 0, y: 0, width: whole.width, height: whole.height, zoom: 1 }
      : {
          x: shown.pageX,
          y: shown.pageY,
          // A phone shows a page that was not made for it smaller.
          width: viewport.width / shown.scale,
          height: viewport.height / shown.scale,
          zoom: shown.scale,
        };
    const { zoom, ...clip } = area;
    const { data } = (await this.#session.send('Page.captureScreenshot', {
      format: 'png',
      clip: { ...clip, scale: zoom / Number(pixelRatio) },
      captureBeyondViewport: fullPage,
    })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  #intercepting(): Promise<CDPSession> {
    if (!this.#interception) {
      this.#interception = this.#page.context().newCDPSession(this.#page);
      this.#interception.catch(() => {
        this.#interception = undefined; // the next one who asks tries again
      });
    }
    return this.#interception;
  }

  async #evaluate(expression: string, options: { contextId?: number; timeout?: number }): Promise<unknown> {
    const asked = { expression, returnByValue: true, ...options };
    const { result, exceptionDetails } = (await this.#session.send('Runtime.evaluate', asked)) as {
      result: { value?: unknown };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}

/** What a browser can that has no protocol session to give. */
export interface DriverPageAbilities {
  /** Whether it names a page that stands in for the referer in full. Default: no. */
  readonly showsReferer?: boolean;
  /** Whether it encodes pictures as WebP. Default: no, so that it cannot be filmed. */
  readonly encodesWebp?: boolean;
}

/** How long the driver may take for a picture of a film, and the page's browser to encode it. */
const shotTimeoutMs = 3000;

/** By the driver's own calls, for browsers that have no protocol session to give. */
export class DriverPageProtocol implements PageProtocol {
  readonly #page: Page;
  readonly #showsReferer: boolean;
  readonly #standIns = new WeakSet<Request>();
  readonly camera: Camera | undefined;
  #lastShot: { readonly jpeg: string; readonly webp: string } | undefined;

  constructor(page: Page, { showsReferer = false, encodesWebp = false }: DriverPageAbilities) {
    this.#page = page;
    this.#showsReferer = showsReferer;
    this.camera = encodesWebp ? { timeoutMs: shotTimeoutMs, picture: () => this.#encodedShot() } : undefined;
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
    const rest = needsOverride(request) ? new RouteOverride(this.#page, request) : undefined;
    if (request.referer === undefined) return rest;
    if (!this.#showsReferer) {
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        '`referer`: expected it absent, for this browser sends none that it is told; or a session on Chromium or Firefox.',
      );
    }
    const note = (standIn: Request): void => void this.#standIns.add(standIn);
    return new RefererStandIn(this.#page, request.referer, rest, note);
  }

  isStandIn(request: Request): boolean {
    return this.#standIns.has(request);
  }

  /** The driver gives no WebP: the page's browser makes it. */
  async #encodedShot(): Promise<string> {
    const shot = await this.#page.screenshot({
      type: 'jpeg',
      quality: 80,
      scale: 'css',
      caret: 'initial', // or the driver would write into the page
      timeout: shotTimeoutMs,
    });
    const jpeg = shot.toString('base64');
    if (this.#lastShot?.jpeg !== jpeg) this.#lastShot = { jpeg, webp: await evaluateApart(this.#page, webpOf, jpeg) };
    return this.#lastShot.webp;
  }

  async holdNavigations(): Promise<() => Promise<void>> {
    const onRoute = (route: Route, request: Request): Promise<void> =>
      // Given up by the page meanwhile, it needs no answer.
      (isForMainFrame(request, this.#page) ? route.abort('aborted') : route.fallback()).catch(() => {});
    await this.#page.route(isAnything, onRoute);
    return () => this.#page.unroute(isAnything, onRoute).catch(() => {}); // gone with the page
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
