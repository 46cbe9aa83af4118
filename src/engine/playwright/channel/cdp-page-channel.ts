import type { CDPSession, Page } from 'playwright-core';
import type { Size } from '../../../identity/identity.js';
import type { NavigationRequest } from '../../engine.js';
import type { LivePicture } from '../../live-page.js';
import type { Thumbnail, ThumbnailOptions } from '../../thumbnail.js';
import { type DriverSession, driverSessionOf, targetIdOf } from '../driver/driver-transport.js';
import { CdpRequestOverride } from './cdp-request-override.js';
import { CdpScreencast } from './cdp-screencast.js';
import { CdpThumbnails } from './cdp-thumbnails.js';
import { type NavigationOverride, needsOverride } from './navigation-override.js';
import type { Camera, PageChannel, RawInput, Screencast, TabLifecycle } from './page-channel.js';

/**
 * The driver emulates the focus of every page, and a page with focus is not frozen. On a session of our own these calls do
 * nothing. Both are sent at once: what is sent to thaw a tab must not come between them.
 */
const tabLifecycle: TabLifecycle = {
  async freeze(tab) {
    const session = driverSessionOf(tab);
    await Promise.all([
      session.send('Emulation.setFocusEmulationEnabled', { enabled: false }),
      session.send('Page.setWebLifecycleState', { state: 'frozen' }),
    ]);
  },
  async thaw(tab) {
    const session = driverSessionOf(tab);
    await Promise.all([
      session.send('Page.setWebLifecycleState', { state: 'active' }),
      session.send('Emulation.setFocusEmulationEnabled', { enabled: true }),
    ]);
  },
  async processTime(tab) {
    const session = driverSessionOf(tab);
    const [, told] = await Promise.all([
      session.send('Performance.enable'), // until then there is nothing to be told
      session.send('Performance.getMetrics'),
    ]);
    const { metrics } = told as PerformanceMetrics; // as the protocol says
    return 1000 * (metrics.find(({ name }) => name === 'ProcessTime')?.value ?? 0);
  },
};

const touchTypes = { start: 'touchStart', move: 'touchMove', end: 'touchEnd' } as const;

const rawInput: RawInput = {
  // Not waited for: a start is answered when the browser knows what becomes of the gesture.
  async touch(tab, action, x, y) {
    const touching = driverSessionOf(tab).send('Input.dispatchTouchEvent', {
      type: touchTypes[action],
      touchPoints: action === 'end' ? [] : [{ x, y }],
    });
    touching.catch(() => {}); // gone with the page
  },
  compose: (tab, text) =>
    driverSessionOf(tab).send('Input.imeSetComposition', {
      text,
      selectionStart: text.length,
      selectionEnd: text.length,
    }),
};

interface PerformanceMetrics {
  /** Times in seconds. */
  readonly metrics: readonly { readonly name: string; readonly value: number }[];
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
export class CdpPageChannel implements PageChannel {
  readonly #page: Page;
  readonly #session: DriverSession;
  readonly #mainFrameId: string;
  readonly #thumbnails: CdpThumbnails;
  #interception: Promise<CDPSession> | undefined;

  readonly #onWatched: () => void;

  private constructor(page: Page, session: DriverSession, mainFrameId: string, onWatched: () => void) {
    this.#page = page;
    this.#session = session;
    this.#mainFrameId = mainFrameId;
    this.#onWatched = onWatched;
    this.#thumbnails = new CdpThumbnails(page);
  }

  /**
   * The main frame of a page has the ID of its target.
   *
   * @param onWatched is called when somebody begins to look at the page
   */
  static async open(page: Page, onWatched: () => void): Promise<CdpPageChannel> {
    return new CdpPageChannel(page, driverSessionOf(page), targetIdOf(page), onWatched);
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
      ? new CdpRequestOverride(() => this.#intercepting(), this.#mainFrameId, request)
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

  readonly lifecycle = tabLifecycle;

  readonly rawInput = rawInput;

  screencast(tab: Page, onPicture: (picture: LivePicture) => void): Screencast {
    this.#onWatched();
    return new CdpScreencast(tab, onPicture);
  }

  thumbnail(options: ThumbnailOptions, signal: AbortSignal): Promise<Thumbnail | undefined> {
    this.#onWatched();
    return this.#thumbnails.take(options, signal);
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
    const asked = { expression, returnByValue: true, awaitPromise: true, ...options };
    const { result, exceptionDetails } = (await this.#session.send('Runtime.evaluate', asked)) as {
      result: { value?: unknown };
      exceptionDetails?: { text: string; exception?: { description?: string } };
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
}
