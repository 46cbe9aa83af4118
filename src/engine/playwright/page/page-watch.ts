import { EventEmitter, once } from 'node:events';
import type { Dialog, Download, Page, Request, Response, Route } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import { abortable, Deadline, settledWithin } from '../../../util/deadline.js';
import type {
  AbortedRequest,
  CapturedExchange,
  DownloadedFile,
  PageDialog,
  PageWatch,
  StepLimits,
  WatchOptions,
} from '../../engine.js';
import { matchesUrl } from '../../url-pattern.js';
import { assertFits, discardDownload, LimitedDownload } from '../navigation/downloads.js';
import type { RequestEvents } from '../navigation/request-events.js';
import { sentHeaders } from '../navigation/sent-headers.js';
import { blockCookieBanners, untilNoBanner } from './cookie-banners.js';

/** How much of each kind is remembered; a page can do any of it without end. */
const remembered = { aborted: 100, dialogs: 20, downloads: 20 } as const;
const mediaTypes = new Set(['image', 'stylesheet', 'font', 'media']);

export interface PageWatchParts {
  readonly page: Page;
  readonly options: WatchOptions;
  /** The tabs that the page opened and that are still there. */
  readonly popups: ReadonlySet<Page>;
  readonly requests: RequestEvents;
  /** Whether a request is the navigation that we ourselves sent the page on. */
  readonly isOwnNavigation: (request: Request) => boolean;
  readonly onEnd: (ended: PlaywrightWatch) => void;
}

/** Watches a page of Playwright. Its requests are held back only if the options ask for that: it costs the HTTP cache. */
export class PlaywrightWatch implements PageWatch {
  readonly aborted: AbortedRequest[] = [];
  readonly captured: (CapturedExchange | undefined)[];
  readonly dialogs: PageDialog[] = [];
  readonly #parts: PageWatchParts;
  readonly #downloads: LimitedDownload[] = [];
  readonly #types = new Map<string, string>();
  readonly #ends: (() => void)[] = [];
  /** Patterns whose answer is on its way or there. */
  readonly #seen = new Set<number>();
  #keptBytes = 0;
  readonly #changes = new EventEmitter<{ change: [] }>();

  private constructor(parts: PageWatchParts) {
    this.#parts = parts;
    this.captured = parts.options.capture.map(() => undefined);
  }

  static async begin(parts: PageWatchParts): Promise<PlaywrightWatch> {
    const watch = new PlaywrightWatch(parts);
    await watch.#begin();
    return watch;
  }

  get popups(): string[] {
    return [...this.#parts.popups].filter((popup) => !popup.isClosed()).map((popup) => popup.url());
  }

  get unclaimed(): string[] {
    return this.#downloads.map(({ download }) => download.suggestedFilename().slice(0, 255));
  }

  /** A dialog is there. */
  noteDialog(dialog: Dialog): void {
    if (this.dialogs.length < remembered.dialogs)
      this.dialogs.push({ type: dialog.type(), message: dialog.message().slice(0, 500) });
  }

  /** A download begins that no navigation of ours led to. */
  noteDownload(download: Download): void {
    if (this.#downloads.length < remembered.downloads)
      this.#downloads.push(new LimitedDownload(download, this.#parts.options.maxBytes));
    else discardDownload(download);
    this.#changed();
  }

  /** An answer came, to the page or to a tab that it opened. */
  noteResponse(response: Response): void {
    const url = response.url();
    const headers = response.headers();
    if (headers['content-disposition'] !== undefined) this.#types.set(url, headers['content-type'] ?? '');
    for (const [i, pattern] of this.#parts.options.capture.entries()) {
      if (this.#seen.has(i) || isRedirect(response.status()) || !matchesUrl(pattern, url)) continue;
      this.#seen.add(i);
      void this.#capture(i, response);
    }
  }

  untilAborted(limits: StepLimits): Promise<boolean> {
    return this.#until(() => this.aborted.length > 0, limits);
  }

  untilCaptured(limits: StepLimits): Promise<boolean> {
    return this.#until(() => this.captured.every((exchange) => exchange !== undefined), limits);
  }

  async untilNoBanner(limits: StepLimits): Promise<void> {
    if (this.#parts.options.blocksCookieBanners)
      await abortable(untilNoBanner(this.#parts.page, limits), limits.signal);
  }

  async nextDownload(limits: StepLimits): Promise<DownloadedFile> {
    const { maxBytes } = this.#parts.options;
    await this.#until(() => this.#downloads.length > 0, limits);
    const limited = this.#downloads.shift();
    if (!limited) {
      throw new MooringError(
        'NAVIGATION_TIMEOUT',
        `expected the page to hand out a file within ${Math.round(limits.timeoutMs)} ms; it did not.`,
      );
    }
    const { download } = limited;
    using patience = new Deadline({
      ms: limits.timeoutMs,
      reason: () =>
        new MooringError('NAVIGATION_TIMEOUT', `expected the file from ${download.url()} in time; it was arriving.`),
      parent: limits.signal,
    });
    const reading = limited.read(patience.signal);
    const bytes = await abortable(reading, patience.signal);
    this.#keptBytes += bytes.byteLength;
    assertFits(this.#keptBytes, maxBytes, download.url());
    const type = this.#types.get(download.url()) ?? 'application/octet-stream';
    return { name: download.suggestedFilename(), url: download.url(), type, bytes };
  }

  [Symbol.dispose](): void {
    this.#parts.onEnd(this);
    for (const download of this.#downloads) download.discard();
    // Nobody waits for it: what is asked of the page next comes after it, and a page that hangs holds up no answer.
    for (const end of this.#ends) end();
  }

  async #begin(): Promise<void> {
    const { page, options, requests } = this.#parts;
    if (options.capture.length > 0) this.#ends.push(requests.hearAll());
    if (options.abort.length > 0 || options.blocksMedia) {
      await page.route('**/*', this.#onRoute);
      this.#ends.push(() => void page.unroute('**/*', this.#onRoute).catch(() => {})); // gone with the page
    }
    if (options.blocksCookieBanners) {
      const blocking = await blockCookieBanners(page);
      this.#ends.push(() => void Promise.resolve(blocking[Symbol.asyncDispose]()).catch(() => {})); // gone with the page
    }
  }

  readonly #onRoute = async (route: Route, request: Request): Promise<void> => {
    const { abort, abortsOnlyPosts, blocksMedia } = this.#parts.options;
    const fits = abort.some((pattern) => matchesUrl(pattern, request.url()));
    const isDetected =
      fits && (!abortsOnlyPosts || request.method() === 'POST') && !this.#parts.isOwnNavigation(request);
    try {
      if (isDetected) {
        this.#noteAborted(request);
        // Any other reason would put an error page in place of the one that is shown.
        await route.abort(request.isNavigationRequest() ? 'aborted' : 'blockedbyclient');
      } else if (blocksMedia && mediaTypes.has(request.resourceType())) await route.abort('blockedbyclient');
      else await route.continue();
    } catch {
      // the page went meanwhile
    }
  };

  #noteAborted(request: Request): void {
    if (this.aborted.length < remembered.aborted) this.aborted.push(describe(request));
    this.#changed();
  }

  async #capture(i: number, response: Response): Promise<void> {
    const length = Number(response.headers()['content-length'] ?? 0);
    const fits = this.#keptBytes + length <= this.#parts.options.maxBytes;
    const body = fits ? await response.body().catch(() => undefined) : undefined; // dropped by the browser, or too large
    this.#keptBytes += body?.byteLength ?? 0;
    const kept = body && this.#keptBytes <= this.#parts.options.maxBytes ? { response: body } : {};
    const request = response.request();
    const headers = await request.allHeaders().catch(() => request.headers());
    this.captured[i] = {
      ...describe(request),
      headers: sentHeaders(headers),
      status: response.status(),
      responseHeaders: response.headers(),
      ...kept,
    };
    this.#changed();
  }

  #changed(): void {
    this.#changes.emit('change');
  }

  async #until(isSo: () => boolean, { timeoutMs, signal }: StepLimits): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    while (!isSo()) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) return false;
      await settledWithin(once(this.#changes, 'change', { signal }), leftMs);
      signal.throwIfAborted();
    }
    return true;
  }
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400 && status !== 304;

function describe(request: Request): AbortedRequest {
  const body = request.postData();
  return {
    url: request.url(),
    method: request.method(),
    headers: sentHeaders(request.headers()),
    ...(body === null ? {} : { body: body.slice(0, 1_000_000) }),
  };
}
