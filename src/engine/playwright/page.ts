import type { Dialog, Download, Page, Response } from 'playwright-core';
import { MooringError } from '../../errors.js';
import { abortable, settledWithin } from '../../util/deadline.js';
import {
  defaultViewport,
  type EnginePage,
  type Extracted,
  type Extraction,
  type NavigationRequest,
  type NavigationResult,
  type PageActor,
  type PageContent,
  type PageRecording,
  type PageWatch,
  type ScreenshotOptions,
  type StepLimits,
  type WatchOptions,
} from '../engine.js';
import { matchesUrl } from '../url-pattern.js';
import { extract } from './content-extractor.js';
import { discardDownload } from './downloads.js';
import { tabGoneError, translateFailure } from './failures.js';
import { isFirstRequest, MainFrame } from './main-frame.js';
import { describeDocument, navigatePage } from './navigation.js';
import { PlaywrightActor } from './page-actor.js';
import type { PageProtocol } from './page-protocol.js';
import { isDocumentGone, readPage } from './page-reader.js';
import { PlaywrightWatch } from './page-watch.js';
import { PlaywrightRecording } from './recording.js';

/** How long a page may take to answer before it counts as hung. */
const answerTimeoutMs = 1000;
const closeTimeoutMs = 3000;
/** How many tabs a page may have open beside itself. */
const maxPopups = 10;

/** A tab: the driver navigates, one call of the protocol reads. */
export class PlaywrightPage implements EnginePage {
  readonly #page: Page;
  readonly #protocol: PageProtocol;
  readonly #gone = new AbortController();
  readonly #mainFrame: MainFrame;
  /** The last navigation that we sent it on, and the answer that came of it. */
  #navigated: { readonly result: NavigationResult; readonly response: Response } | undefined;
  #navigating: Promise<unknown> | undefined;
  /** Where we ourselves are sending it. */
  #goingTo: string | undefined;
  /** Steps of actions that have not let go of the page. */
  readonly #steps = new Set<Promise<unknown>>();
  /** Tabs that the page opened. */
  readonly #popups = new Set<Page>();
  #watch: PlaywrightWatch | undefined;
  #showedDialog = false;
  #closed: Promise<void> | undefined;

  constructor(page: Page, protocol: PageProtocol) {
    this.#page = page;
    this.#protocol = protocol;
    this.#mainFrame = new MainFrame(page, this.#onDownload);
    // Without a listener the driver would answer dialogs too, but nobody would know.
    this.#page.on('dialog', this.#onDialog);
    this.#page.once('crash', () => this.#gone.abort(tabGoneError('its renderer crashed')));
    this.#page.once('close', () => this.#gone.abort(tabGoneError('the page closed itself')));
  }

  get alive(): boolean {
    return !this.#gone.signal.aborted;
  }

  get url(): string {
    return this.#page.url();
  }

  get document(): NavigationResult | undefined {
    const response = this.#mainFrame.document;
    if (!response) return undefined;
    return this.#navigated?.response === response ? this.#navigated.result : describeDocument(response);
  }

  async navigate(request: NavigationRequest, signal: AbortSignal): Promise<NavigationResult> {
    this.#closePopups();
    await this.#mute();
    // The driver keeps what a page logs, however much, until somebody asks for it.
    this.#page.clearConsoleMessages().catch(() => {}); // gone with the page
    this.#page.clearPageErrors().catch(() => {}); // gone with the page
    const subject = { page: this.#page, protocol: this.#protocol, mainFrame: this.#mainFrame };
    const navigation = navigatePage(subject, request, signal);
    this.#navigating = navigation;
    this.#goingTo = request.url;
    const result = await this.#guard(navigation, signal, request.url).finally(() => {
      this.#goingTo = undefined;
    });
    const response = this.#mainFrame.document;
    if (result.kind === 'document' && response) this.#navigated = { result, response };
    return result;
  }

  async read(maxChars: number, signal: AbortSignal): Promise<PageContent> {
    for (;;) {
      try {
        return await this.#guard(readPage(this.#protocol, maxChars), signal, 'reading the page');
      } catch (error) {
        if (!isDocumentGone(error) || !this.alive) throw error;
        // The page is on its way elsewhere by itself: read what it arrives at.
        await this.#guard(this.#page.waitForLoadState('domcontentloaded', { timeout: 0 }), signal, 'reading the page');
      }
    }
  }

  extract(wish: Extraction, signal: AbortSignal): Promise<Extracted> {
    return this.#guard(extract(this.#protocol, wish), signal, 'reading the page');
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
          'CODE-0025',
          `\`waitForUrl\`: expected an address with ${pattern} in time; it is ${this.url}.`,
          { cause: error },
        );
      }),
      signal,
      pattern,
    );
  }

  async pdf(signal: AbortSignal): Promise<Uint8Array> {
    return this.#guard(this.#page.pdf({ format: 'A4', printBackground: true }), signal, 'the PDF');
  }

  actor(): PageActor {
    return new PlaywrightActor(this.#page, (step) => {
      this.#steps.add(step);
      const over = (): void => void this.#steps.delete(step);
      step.then(over, over);
    });
  }

  async watch(options: WatchOptions, signal: AbortSignal): Promise<PageWatch> {
    const beginning = PlaywrightWatch.begin({
      page: this.#page,
      options,
      popups: this.#popups,
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

  record(maxBytes: number): PageRecording {
    const protocol = this.#protocol;
    if (!protocol.picture)
      throw new MooringError(
        'UNSUPPORTED_PARAMETER',
        '`video`: expected a browser that can be filmed; this one is not.',
      );
    return new PlaywrightRecording(() => protocol.picture?.() ?? Promise.reject(new Error('no picture')), maxBytes);
  }

  async screenshot(options: ScreenshotOptions, signal: AbortSignal): Promise<Uint8Array> {
    const { fullPage } = options;
    const before = this.#page.viewportSize() ?? defaultViewport;
    const size = options.size ?? before;
    const resized = before.width !== size.width || before.height !== size.height;
    const take = async (): Promise<Uint8Array> => {
      if (resized) await this.#page.setViewportSize(size);
      try {
        return await this.#page.screenshot({ fullPage, type: 'png', timeout: 0 });
      } finally {
        if (resized) await this.#page.setViewportSize(before);
      }
    };
    return this.#guard(take(), signal, 'the screenshot');
  }

  async settle(): Promise<boolean> {
    if (!this.alive) return false;
    // While a navigation is under way the browser holds messages to the renderer back, so that has to stop first.
    await settledWithin(this.#protocol.stopLoading(), answerTimeoutMs);
    if ((await this.#letsGo()) && (await this.#answers())) return true;
    await settledWithin(this.#protocol.terminate(), answerTimeoutMs);
    if ((await this.#letsGo()) && (await this.#answers())) return true;
    this.#gone.abort(tabGoneError('its page does not answer'));
    // Closing a tab asks its renderer, which would go on burning a core instead of answering.
    this.#protocol.crash();
    await this.close();
    return false;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** An answer came, to it or to a tab that it opened. */
  noteResponse(response: Response): void {
    this.#watch?.noteResponse(response);
  }

  /** A tab that this page, or one that it opened, has opened. */
  adoptPopup(popup: Page): void {
    if (this.#popups.size >= maxPopups) {
      popup.close().catch(() => {}); // gone with the context at the latest
      return;
    }
    this.#popups.add(popup);
    popup.once('close', () => this.#popups.delete(popup));
    popup.on('dialog', this.#onDialog);
    // A link that opens a tab may well lead to a file.
    popup.on('download', this.#onDownload);
  }

  #closePopups(): void {
    for (const popup of this.#popups) popup.close().catch(() => {}); // gone with the context at the latest
    this.#popups.clear();
  }

  /** A page that shows dialogs one after another would hold its own departure up. */
  async #mute(): Promise<void> {
    if (!this.#showedDialog) return;
    this.#showedDialog = false;
    const expression = 'alert = confirm = prompt = print = () => null';
    await settledWithin(this.#protocol.evaluateInPage(expression), answerTimeoutMs);
  }

  readonly #onDialog = (dialog: Dialog): void => {
    this.#showedDialog = true;
    this.#watch?.noteDialog(dialog);
    const answer = dialog.type() === 'beforeunload' ? dialog.accept() : dialog.dismiss();
    answer.catch(() => {}); // gone with the page
  };

  readonly #onDownload = (download: Download): void => {
    if (this.#watch) this.#watch.noteDownload(download);
    else discardDownload(download); // nobody asked for it
  };

  /** Whether nothing that was given up is at it any more: what goes on would act on the next document. */
  async #letsGo(): Promise<boolean> {
    const givenUp = [...this.#steps, ...(this.#navigating ? [this.#navigating] : [])];
    return givenUp.length === 0 || settledWithin(Promise.allSettled(givenUp), answerTimeoutMs);
  }

  async #answers(): Promise<boolean> {
    return (await settledWithin(this.#protocol.evaluateInPage('0'), answerTimeoutMs)) && this.alive;
  }

  async #close(): Promise<void> {
    this.#gone.abort(tabGoneError('it was closed'));
    this.#closePopups();
    await settledWithin(this.#page.close(), closeTimeoutMs);
  }

  /** Lets a call end with the command or the page, and translates what it throws. */
  async #guard<T>(work: Promise<T>, signal: AbortSignal, subject: string): Promise<T> {
    try {
      return await abortable(abortable(work, this.#gone.signal), signal);
    } catch (error) {
      // The driver may report a crash in its own words before the page's event comes.
      throw signal.aborted ? signal.reason : translateFailure(error, subject);
    }
  }
}
