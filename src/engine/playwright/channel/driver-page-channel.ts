import type { Page, Request, Route } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { NavigationRequest } from '../../engine.js';
import type { LivePicture } from '../../live-page.js';
import type { Thumbnail, ThumbnailOptions } from '../../thumbnail.js';
import { isForMainFrame } from '../document-request.js';
import { evaluateOverBidi, type World } from '../driver/bidi-evaluation.js';
import { evaluateApart } from '../driver/driver-transport.js';
import { webpOf } from '../injected/encode-webp.js';
import { shrinkPicture } from '../injected/shrink-picture.js';
import { type NavigationOverride, needsOverride } from './navigation-override.js';
import type { Camera, PageChannel, Screencast } from './page-channel.js';
import { RefererStandIn } from './referer-stand-in.js';
import { isAnything, RouteRequestOverride } from './route-request-override.js';
import { ScreenshotCast } from './screenshot-cast.js';

/** What a browser can that has no protocol session to give. */
export interface DriverPageAbilities {
  /** Whether it names a page that stands in for the referer in full. Default: no. */
  readonly showsReferer?: boolean;
  /** Whether it encodes pictures as WebP. Default: no, so that it cannot be filmed. */
  readonly encodesWebp?: boolean;
  /** Whether its protocol is WebDriver BiDi. Default: no. */
  readonly speaksBidi?: boolean;
}

/** How long the driver may take for a picture of a film, and the page's browser to encode it. */
const shotTimeoutMs = 3000;

/** By the driver's own calls, for browsers that have no protocol session to give. */
export class DriverPageChannel implements PageChannel {
  readonly #page: Page;
  readonly #showsReferer: boolean;
  readonly #speaksBidi: boolean;
  readonly #standIns = new WeakSet<Request>();
  readonly camera: Camera | undefined;
  #lastShot: { readonly jpeg: string; readonly webp: string } | undefined;

  constructor(page: Page, { showsReferer = false, encodesWebp = false, speaksBidi = false }: DriverPageAbilities) {
    this.#page = page;
    this.#showsReferer = showsReferer;
    this.#speaksBidi = speaksBidi;
    this.camera = encodesWebp ? { timeoutMs: shotTimeoutMs, picture: () => this.#encodedShot() } : undefined;
  }

  evaluate(expression: string): Promise<unknown> {
    return this.#evaluate(expression, 'apart');
  }

  evaluateInPage(expression: string): Promise<unknown> {
    return this.#evaluate(expression, 'page');
  }

  #evaluate(expression: string, world: World): Promise<unknown> {
    if (!this.#speaksBidi) return this.#page.evaluate(expression);
    return evaluateOverBidi(this.#page.mainFrame(), expression, world);
  }

  stopLoading(): Promise<unknown> {
    return this.evaluate('window.stop()');
  }

  async terminate(): Promise<void> {}

  crash(): void {}

  override(request: NavigationRequest): NavigationOverride | undefined {
    const rest = needsOverride(request) ? new RouteRequestOverride(this.#page, request) : undefined;
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

  /** What is shown, as a JPEG in base64. */
  async #shot(): Promise<string> {
    const shot = await this.#page.screenshot({
      type: 'jpeg',
      quality: 80,
      scale: 'css',
      caret: 'initial', // or the driver would write into the page
      timeout: shotTimeoutMs,
    });
    return shot.toString('base64');
  }

  /** The driver gives no WebP: the page's browser makes it. */
  async #encodedShot(): Promise<string> {
    const jpeg = await this.#shot();
    if (this.#lastShot?.jpeg !== jpeg) this.#lastShot = { jpeg, webp: await evaluateApart(this.#page, webpOf, jpeg) };
    return this.#lastShot.webp;
  }

  screencast(tab: Page, onPicture: (picture: LivePicture) => void): Screencast {
    return new ScreenshotCast(tab, onPicture);
  }

  /** The driver takes one picture after another: one of ours is not to be before one that a request wants. */
  async thumbnail({ isInUse, ...options }: ThumbnailOptions): Promise<Thumbnail | undefined> {
    if (isInUse) return undefined;
    const shot = await this.#shot();
    const { jpeg, title } = await evaluateApart(this.#page, shrinkPicture, { jpeg: shot, ...options });
    return { jpeg: Buffer.from(jpeg, 'base64'), title };
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
