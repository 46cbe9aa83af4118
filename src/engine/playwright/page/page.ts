import type { Dialog, Download, Page, Response } from 'playwright-core';
import { MooringError } from '../../../errors.js';
import type { Size } from '../../../identity/identity.js';
import type { PagePlace } from '../../../snapshots/browser-state.js';
import { abortable, settledWithin } from '../../../util/deadline.js';
import {
  type ContentParts,
  type DocumentReading,
  type DocumentReadLimits,
  defaultViewport,
  type EnginePage,
  type Extracted,
  type Extraction,
  type NavigationRequest,
  type NavigationResult,
  type PageActor,
  type PageContent,
  type PageEvent,
  type PageRecording,
  type PageWatch,
  type ScreenshotOptions,
  type StepLimits,
  type WatchOptions,
} from '../../engine.js';
import type { LivePage, LivePageListener } from '../../live-page.js';
import type { Thumbnail, ThumbnailOptions } from '../../thumbnail.js';
import { matchesUrl } from '../../url-pattern.js';
import type { PageChannel } from '../channel/page-channel.js';
import { isFirstRequest } from '../document-request.js';
import { tabGoneError, translateFailure } from '../driver-errors.js';
import { settledInFairTime, systemClock } from '../fair-time.js';
import { guardOf } from '../guarded.js';
import { muteDialogs } from '../injected/mute-dialogs.js';
import { pageSize } from '../injected/page-size.js';
import { scrollPlace, scrollToPlace } from '../injected/scroll-place.js';
import { discardDownload } from '../navigation/downloads.js';
import { MainFrame } from '../navigation/main-frame.js';
import { type Arrival, navigatePage } from '../navigation/navigate.js';
import { describeDocument } from '../navigation/navigation-result.js';
import type { RequestEvents } from '../navigation/request-events.js';
import type { NavigationSubject } from '../navigation/wait-for-load.js';
import { extract } from './content-extractor.js';
import { PlaywrightLivePage } from './live-page.js';
import { followMoves, giveUpPending, onThisDocument, readOneDocument } from './one-document.js';
import { PlaywrightActor } from './page-actor.js';
import { DocumentGoneError, isDocumentGone, readPage } from './page-reader.js';
import { PlaywrightWatch } from './page-watch.js';
import { PlaywrightRecording } from './recording.js';

/** How long a page may take to answer before it counts as hung, in fair time. */
const answerTimeoutMs = 1000;
/** How long a page may take on a slow machine until its script is ended, and until it is ended itself. */
const scriptLimitMs = 3000;
const pageLimitMs = 8000;
const closeTimeoutMs = 3000;
/** How long a page may take to say how far it is scrolled. */
const placeTimeoutMs = 400;
/** How long after its tabs a browser that dies may be told of. */
const lostTimeoutMs = 300;

/** The longest side of a picture: what a browser draws at once. Longer ones took it minutes, or were torn. */
const maxPictureSide = 16_384;

/** How many tabs a page may have open beside itself. */
export const maxPopups = 10;

const everything: ContentParts = { html: true, text: true };

/** A tab: the driver navigates, one call over the channel reads. */
export class PlaywrightPage implements EnginePage {
  readonly #page: Page;
  readonly #channel: PageChannel;
  readonly #requests: RequestEvents;
  readonly #lost: AbortSignal;
  readonly #onLeaving: () => Promise<unknown> | undefined;
  readonly #gone = new AbortController();
  readonly #guarded = guardOf('a page', () => this.#giveUp('something it did could not be handled'));
  readonly #mainFrame: MainFrame;
  readonly #subject: NavigationSubject;
  readonly initialViewport: Size;
  /** Its viewport, but for the moment of a picture. */
  #viewport: Size;
  /** The last navigation that we sent it on, and the answer that came of it. */
  #navigated: Arrival | undefined;
  #navigating: Promise<unknown> | undefined;
  /** Where we ourselves are sending it. */
  #goingTo: string | undefined;
  /** Steps of actions that have not let go of the page. */
  readonly #steps = new Set<Promise<unknown>>();
  /** Tabs that the page opened. */
  readonly #popups = new Set<Page>();
  #isPaused = false;
  /** Tabs that are paused, or on their way to be. */
  readonly #frozen = new Set<Page>();
  /** The last picture; it may have been given up and still go on. */
  #picture: Promise<void> = Promise.resolve();
  #watch: PlaywrightWatch | undefined;
  #live: PlaywrightLivePage | undefined;
  #showedDialog = false;
  #onEvent: (event: PageEvent) => void = () => {};
  #closed: Promise<void> | undefined;

  /**
   * @param lost aborts when the browser is gone
   * @param onLeaving called when we are about to send it elsewhere; what it returns is waited for
   */
  constructor(
    page: Page,
    channel: PageChannel,
    requests: RequestEvents,
    lost: AbortSignal,
    onLeaving: () => Promise<unknown> | undefined,
  ) {
    this.#onLeaving = onLeaving;
    this.#page = page;
    this.#channel = channel;
    this.#requests = requests;
    this.#lost = lost;
    this.#mainFrame = new MainFrame(page, this.#onDownload, (event) => this.#onEvent(event), this.#guarded);
    this.#subject = { page, channel, mainFrame: this.#mainFrame };
    this.initialViewport = page.viewportSize() ?? defaultViewport;
    this.#viewport = this.initialViewport;
    // Without a listener the driver would answer dialogs too, but nobody would know.
    this.#page.on('dialog', this.#guarded(this.#onDialog));
    this.#page.once('crash', () => this.#lose('its renderer crashed'));
    this.#page.once('close', () => void this.#onClosed());
  }

  get alive(): boolean {
    return !this.#gone.signal.aborted && !this.#page.isClosed();
  }

  get loss(): MooringError | undefined {
    return this.#gone.signal.aborted ? (this.#gone.signal.reason as MooringError) : undefined; // what it is aborted with
  }

  get url(): string {
    return this.#page.url();
  }

  onEvent(listener: (event: PageEvent) => void): void {
    this.#onEvent = listener;
  }

  /** A script or the browser reported an error. */
  noteError(event: PageEvent): void {
    this.#onEvent(event);
  }

  async place(signal: AbortSignal): Promise<PagePlace | undefined> {
    const shown = this.document;
    if (!shown) return undefined;
    const asked = this.#channel.evaluate(`(${scrollPlace})()`) as Promise<PagePlace['scroll']>; // what it returns
    let scroll: PagePlace['scroll'] = { x: 0, y: 0 };
    const answer = asked.then((place) => {
      scroll = place;
    });
    await settledWithin(abortable(abortable(answer, this.#gone.signal), signal), placeTimeoutMs);
    signal.throwIfAborted();
    return { url: this.url, method: shown.method, scroll, viewport: this.#viewport };
  }

  async scrollTo({ x, y }: PagePlace['scroll'], signal: AbortSignal): Promise<void> {
    await this.#guard(this.#channel.evaluate(`(${scrollToPlace})(${Number(x)}, ${Number(y)})`), signal, 'scrolling');
  }

  get viewport(): Size {
    return this.#viewport;
  }

  get document(): NavigationResult | undefined {
    const response = this.#mainFrame.document;
    if (!response) return undefined;
    return response === this.#navigated?.response ? this.#navigated.result : describeDocument(response);
  }

  get failure(): MooringError | undefined {
    const { failure } = this.#mainFrame;
    if (!failure) return undefined;
    const translated = translateFailure(new Error(failure.reason), failure.url, failure.url);
    if (translated instanceof MooringError) return translated;
    return new MooringError('NO_RESPONSE', `expected a usable HTTP response for ${failure.url}; none came.`, {
      url: failure.url,
    });
  }

  async navigate(request: NavigationRequest, signal: AbortSignal): Promise<NavigationResult> {
    const leaving = this.#onLeaving();
    if (leaving) await this.#guard(leaving, signal, this.url);
    this.#closePopups();
    await this.#mute();
    // Of some browsers the driver keeps what a page logs, however much, until somebody asks for it.
    this.#page.clearConsoleMessages().catch(() => {}); // gone with the page
    this.#page.clearPageErrors().catch(() => {}); // gone with the page
    const navigation = navigatePage(this.#subject, request, signal);
    this.#navigating = navigation;
    this.#goingTo = request.url;
    const arrival = await this.#guard(navigation, signal, request.url).finally(() => {
      this.#goingTo = undefined;
    });
    if (arrival.response) this.#navigated = arrival;
    return arrival.result;
  }

  async follow(limits: DocumentReadLimits): Promise<boolean> {
    const following = followMoves(this.#subject, limits);
    if ((await this.#guard(following, limits.signal, this.url)) !== 'late') return true;
    const stopping = giveUpPending(this.#subject, answerTimeoutMs, limits.signal);
    await this.#guard(stopping, limits.signal, this.url);
    return false;
  }

  readOneDocument<T>(
    read: (document: NavigationResult | undefined) => Promise<T>,
    limits: DocumentReadLimits,
  ): Promise<DocumentReading<T>> {
    const reading = readOneDocument(this.#subject, () => read(this.document), limits);
    return this.#guard(reading, limits.signal, 'reading the page');
  }

  read(maxChars: number, signal: AbortSignal, parts = everything): Promise<PageContent> {
    return this.#guard(readPage(this.#channel, maxChars, parts), signal, 'reading the page');
  }

  extract(extraction: Extraction, signal: AbortSignal): Promise<Extracted> {
    return this.#guard(extract(this.#channel, extraction), signal, 'reading the page');
  }

  async waitForUrl(pattern: string, { timeoutMs, signal }: StepLimits): Promise<void> {
    const waiting = this.#page.waitForURL((url) => matchesUrl(pattern, url.href), {
      timeout: timeoutMs,
      waitUntil: 'domcontentloaded',
    });
    await this.#guard(
      waiting.catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error;
        throw new MooringError(
          'NAVIGATION_TIMEOUT',
          `\`waitForUrl\`: expected an address with ${pattern} in time; it is ${this.url}.`,
          { cause: error },
        );
      }),
      signal,
      pattern,
    );
  }

  async pdf(signal: AbortSignal): Promise<Uint8Array> {
    const printing = onThisDocument(this.#mainFrame, this.#page.pdf({ format: 'A4', printBackground: true }));
    return this.#guard(this.#step(printing), signal, 'the PDF');
  }

  actor(): PageActor {
    return new PlaywrightActor(this.#page, {
      onStep: (step) => void this.#step(step),
      follow: async (limits) => void (await this.follow(limits)),
      resize: (size) => this.#resize(size),
    });
  }

  async watch(options: WatchOptions, signal: AbortSignal): Promise<PageWatch> {
    const beginning = PlaywrightWatch.begin({
      page: this.#page,
      options,
      popups: this.#popups,
      requests: this.#requests,
      isOwnNavigation: (request) =>
        request.isNavigationRequest() &&
        request.frame() === this.#page.mainFrame() &&
        this.#goingTo !== undefined &&
        isFirstRequest(request.url(), this.#goingTo),
      onEnd: (ended) => {
        if (this.#watch === ended) this.#watch = undefined;
      },
    });
    // One that begins when nobody wants it any more would hold back what later requests load.
    const undo = (late: PlaywrightWatch): void => late[Symbol.dispose]();
    const begun = abortable(abortable(beginning, this.#gone.signal, undo), signal, undo);
    this.#watch = await this.#guard(begun, signal, 'watching the page');
    return this.#watch;
  }

  live(listener: LivePageListener): LivePage {
    void this.#live?.close();
    this.#live = new PlaywrightLivePage({
      page: this.#page,
      channel: this.#channel,
      popups: this.#popups,
      listener,
      onClose: (closed) => {
        if (this.#live === closed) this.#live = undefined;
      },
    });
    const onGone = (): void => listener.onGone();
    if (this.alive) this.#gone.signal.addEventListener('abort', onGone, { once: true });
    else queueMicrotask(onGone);
    return this.#live;
  }

  thumbnail(options: ThumbnailOptions, signal: AbortSignal): Promise<Thumbnail | undefined> {
    return this.#guard(this.#channel.thumbnail(options, signal), signal, 'the thumbnail');
  }

  record(maxBytes: number): PageRecording {
    const { camera } = this.#channel;
    if (!camera) {
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        '`video`: expected it absent, for this browser cannot be filmed; or a session on Chromium or Firefox.',
      );
    }
    return new PlaywrightRecording(camera, maxBytes);
  }

  async screenshot(options: ScreenshotOptions, signal: AbortSignal): Promise<Uint8Array> {
    // One after another: each may have a viewport of its own.
    const before = this.#picture;
    const picture = this.#step(before.then(() => this.#takePicture(options)));
    this.#picture = picture.then(
      () => {},
      () => {},
    );
    return this.#guard(picture, signal, 'the screenshot');
  }

  async #takePicture({ size = this.#viewport, fullPage }: ScreenshotOptions): Promise<Uint8Array> {
    if (fullPage) await this.#assertDrawable();
    try {
      await this.#setViewport(size);
      // In CSS pixels, so that the picture has the size that was asked for on any identity.
      const taking =
        this.#channel.screenshot?.(size, fullPage) ??
        this.#page.screenshot({ fullPage, type: 'png', scale: 'css', timeout: 0 });
      return await onThisDocument(this.#mainFrame, taking);
    } finally {
      await this.#setViewport(this.#viewport);
    }
  }

  /** @throws MooringError `RESPONSE_TOO_LARGE` */
  async #assertDrawable(): Promise<void> {
    const [width = 0, height = 0] = (await this.#channel.evaluate(`(${pageSize})()`)) as number[]; // what it returns
    if (Math.max(width, height) <= maxPictureSide) return;
    throw new MooringError(
      'RESPONSE_TOO_LARGE',
      `\`fullPage\`: expected a page of at most ${maxPictureSide} pixels a side; it has ${width} × ${height}.`,
    );
  }

  async pause(): Promise<boolean> {
    if (!this.#channel.lifecycle || !this.alive) return false;
    this.#isPaused = true;
    return (await Promise.all([this.#page, ...this.#popups].map((tab) => this.#freeze(tab)))).every(Boolean);
  }

  async resume(): Promise<void> {
    const { lifecycle } = this.#channel;
    this.#isPaused = false;
    const tabs = [...this.#frozen].filter((tab) => !tab.isClosed());
    this.#frozen.clear();
    const thawing = new Map(tabs.map((tab) => [tab, lifecycle?.thaw(tab).catch(() => {})])); // it is gone
    // A page that does not answer is found out by what comes next; a popup that does not is nobody's concern.
    await settledWithin(Promise.resolve(thawing.get(this.#page)), answerTimeoutMs);
  }

  async processTime(): Promise<number | undefined> {
    return this.alive ? this.#channel.lifecycle?.processTime(this.#page) : undefined;
  }

  /** @returns false if the tab went first */
  async #freeze(tab: Page): Promise<boolean> {
    this.#frozen.add(tab);
    try {
      await this.#channel.lifecycle?.freeze(tab);
      return true;
    } catch {
      return false;
    }
  }

  async settle(): Promise<boolean> {
    if (!this.alive) return false;
    // While a navigation is under way the browser holds messages to the renderer back, so that has to stop first.
    await settledWithin(this.#channel.stopLoading(), answerTimeoutMs);
    // No answer yet ends a script that may run for ever; what ends the page is judged for longer.
    if (await this.#isFit(scriptLimitMs)) return true;
    await settledWithin(this.#channel.terminate(), answerTimeoutMs);
    if (await this.#isFit(pageLimitMs)) return true;
    this.#giveUp('its page does not answer');
    await this.close();
    return false;
  }

  /** It is of no more use, and nobody closed it. */
  #lose(why: string): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort(tabGoneError(why));
    this.#onEvent({ kind: 'crash', reason: why });
  }

  #giveUp(why: string): void {
    this.#lose(why);
    // Closing a tab asks its renderer, which would go on burning a core instead of answering.
    this.#channel.crash();
    void this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** An answer came, to it or to a tab that it opened. */
  noteResponse(response: Response): void {
    if (!this.#channel.isStandIn(response.request())) this.#watch?.noteResponse(response);
  }

  /** Its tab, for the driver. */
  get tab(): Page {
    return this.#page;
  }

  /** The tabs that it has opened. */
  get popups(): ReadonlySet<Page> {
    return this.#popups;
  }

  /** Whether it is this tab, or one that it has opened. */
  owns(tab: Page): boolean {
    return tab === this.#page || this.#popups.has(tab);
  }

  /** A tab that this page, or one that it opened, has opened. */
  adoptPopup(popup: Page): void {
    if (this.#popups.size >= maxPopups) {
      popup.close().catch(() => {}); // gone with the context at the latest
      return;
    }
    this.#popups.add(popup);
    popup.once('close', () => this.#popups.delete(popup));
    this.#live?.addPopup(popup);
    popup.on('dialog', this.#guarded(this.#onDialog));
    // A link that opens a tab may well lead to a file.
    popup.on(
      'download',
      this.#guarded((download) => {
        this.#onEvent({ kind: 'download', name: download.suggestedFilename(), url: download.url() });
        this.#onDownload(download);
      }),
    );
    // The answer that it was opened for may come when its page stands still already.
    if (this.#isPaused) void this.#freeze(popup);
  }

  #closePopups(): void {
    for (const popup of this.#popups) popup.close().catch(() => {}); // gone with the context at the latest
    this.#popups.clear();
  }

  /** A page that shows dialogs one after another would hold its own departure up. */
  async #mute(): Promise<void> {
    if (!this.#showedDialog) return;
    this.#showedDialog = false;
    await settledWithin(this.#channel.evaluateInPage(`(${muteDialogs})()`), answerTimeoutMs);
  }

  readonly #onDialog = (dialog: Dialog): void => {
    this.#showedDialog = true;
    this.#watch?.noteDialog(dialog);
    this.#onEvent({ kind: 'dialog', type: dialog.type(), message: dialog.message() });
    if (this.#live?.takesDialog(dialog)) return;
    const answer = dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss();
    answer.catch(() => {}); // gone with the page
  };

  readonly #onDownload = (download: Download): void => {
    if (this.#watch) this.#watch.noteDownload(download);
    else discardDownload(download); // nobody asked for it
  };

  /** Whether nothing that was given up is at it any more: what goes on would act on the next document. */
  async #letsGo(limitMs: number): Promise<boolean> {
    const givenUp = [...this.#steps, ...(this.#navigating ? [this.#navigating] : [])];
    return givenUp.length === 0 || this.#inTime(Promise.allSettled(givenUp), limitMs);
  }

  async #isFit(limitMs: number): Promise<boolean> {
    if (!(await this.#letsGo(limitMs)) || !(await this.#answers(limitMs))) return false;
    // A picture that was given up may have left its own size.
    return this.#inTime(this.#setViewport(this.#viewport), limitMs);
  }

  #inTime(work: Promise<unknown>, limitMs: number): Promise<boolean> {
    return settledInFairTime(work, answerTimeoutMs, systemClock, limitMs);
  }

  /** Notes what is done with the page, so that what comes next waits until it has let go. */
  #step<T>(step: Promise<T>): Promise<T> {
    this.#steps.add(step);
    const over = (): void => void this.#steps.delete(step);
    step.then(over, over);
    return step;
  }

  async #resize(size: Size): Promise<void> {
    await this.#setViewport(size);
    this.#viewport = size;
  }

  async #setViewport(size: Size): Promise<void> {
    const { width, height } = this.#page.viewportSize() ?? defaultViewport;
    if (width !== size.width || height !== size.height) await this.#page.setViewportSize(size);
  }

  async #answers(limitMs: number): Promise<boolean> {
    return (await this.#inTime(this.#channel.evaluateInPage('0'), limitMs)) && this.alive;
  }

  /** The tab is closed. Of a browser that dies the tabs go first. */
  async #onClosed(): Promise<void> {
    await this.#untilLost();
    if (this.#lost.aborted) this.#gone.abort(this.#lost.reason);
    else this.#lose('the page closed itself');
  }

  /** Waits a moment for the end of the browser, which may be why something failed. */
  async #untilLost(): Promise<void> {
    if (this.#lost.aborted) return;
    let onLost = (): void => {};
    const gone = new Promise<void>((resolve) => {
      onLost = resolve;
    });
    this.#lost.addEventListener('abort', onLost, { once: true });
    await settledWithin(gone, lostTimeoutMs);
    this.#lost.removeEventListener('abort', onLost);
  }

  async #close(): Promise<void> {
    this.#gone.abort(tabGoneError('it was closed'));
    void this.#live?.close();
    this.#closePopups();
    await settledWithin(this.#page.close(), closeTimeoutMs);
  }

  /** Lets a call end with the command or the page, and translates what it throws. */
  async #guard<T>(work: Promise<T>, signal: AbortSignal, subject: string): Promise<T> {
    try {
      return await abortable(abortable(work, this.#gone.signal), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (isDocumentGone(error)) throw error instanceof DocumentGoneError ? error : new DocumentGoneError(error);
      // The driver may report a crash in its own words before the page's event comes.
      const translated = translateFailure(error, subject);
      if (!(translated instanceof MooringError) || translated.code !== 'BROWSER_FAILED') throw translated;
      if (!this.#lost.aborted) await abortable(this.#untilLost(), signal);
      throw this.#lost.aborted ? this.#lost.reason : translated;
    }
  }
}
