import type { Download, Frame, Page, Request, Response } from 'playwright-core';

/** How many answers are remembered until one of them becomes the document. */
const rememberedResponses = 20;

/**
 * What the main frame of a page goes through, whoever sends it there: which answers came, which of them the page shows,
 * what failed, and whether a download began instead.
 */
export class MainFrame {
  readonly #page: Page;
  #responses: Response[] = [];
  #document: Response | undefined;
  #failedUrl: string | undefined;
  #download: Download | undefined;
  #expectsDownload = false;
  readonly #onDownload: (download: Download) => void;
  #onBreak = (): void => {};
  #broken: Promise<void> = Promise.resolve();
  #onErrorPage = (): void => {};
  #errorPage: Promise<void> = Promise.resolve();

  /** @param onDownload told of a download that no navigation of ours led to */
  constructor(page: Page, onDownload: (download: Download) => void) {
    this.#page = page;
    this.#onDownload = onDownload;
    page.on('response', (response) => {
      if (!isForMainFrame(response.request(), page)) return;
      this.#responses = [...this.#responses.slice(1 - rememberedResponses), response];
    });
    page.on('requestfailed', (request) => {
      if (!isForMainFrame(request, page)) return;
      this.#failedUrl = request.url();
      if (this.#document?.request() === request) this.#onBreak();
    });
    page.on('framenavigated', (frame) => this.#onNavigated(frame));
    page.on('download', (download) => {
      if (this.#expectsDownload) this.#download = download;
      else onDownload(download);
    });
  }

  /** The answer that the page shows now. */
  get document(): Response | undefined {
    return this.#document;
  }

  /** The last answer since `begin`. */
  get lastResponse(): Response | undefined {
    return this.#responses.at(-1);
  }

  /** The URL of the last request that failed since `begin`: the end of the redirects. */
  get failedUrl(): string | undefined {
    return this.#failedUrl;
  }

  /** The download that began since `begin`. */
  get download(): Download | undefined {
    return this.#download;
  }

  /** Resolves when the browser shows its error page after `begin`. */
  get errorPage(): Promise<void> {
    return this.#errorPage;
  }

  /** Resolves when the document that is shown breaks off in the middle, after `begin`. */
  get broken(): Promise<void> {
    return this.#broken;
  }

  /** A navigation begins. */
  begin(): void {
    this.#responses = [];
    this.#failedUrl = undefined;
    this.#download = undefined;
    this.#expectsDownload = true;
    this.#broken = new Promise((resolve) => {
      this.#onBreak = resolve;
    });
    this.#errorPage = new Promise((resolve) => {
      this.#onErrorPage = resolve;
    });
  }

  /** The navigation has its document, or none: what is downloaded from now on, or was besides, is the page's own doing. */
  end(): void {
    this.#expectsDownload = false;
    if (this.#download) this.#onDownload(this.#download);
    this.#download = undefined;
  }

  /** The download that has begun or is about to. */
  async nextDownload(timeoutMs: number): Promise<Download | undefined> {
    const download =
      this.#download ?? (await this.#page.waitForEvent('download', { timeout: timeoutMs }).catch(() => undefined));
    this.#download = undefined;
    return download;
  }

  #onNavigated(frame: Frame): void {
    if (frame !== this.#page.mainFrame()) return;
    const url = frame.url();
    if (url.startsWith('chrome-error:')) this.#onErrorPage();
    if (/^(chrome-error|about):/.test(url)) this.#document = undefined;
    // An address that no answer came from was set by a script of the document that is shown.
    else this.#document = this.#responses.findLast((response) => isSameDocument(response.url(), url)) ?? this.#document;
  }
}

/** Whether two URLs differ in the fragment at most. */
export const isSameDocument = (a: string, b: string): boolean => a.split('#', 1)[0] === b.split('#', 1)[0];

function isForMainFrame(request: Request, page: Page): boolean {
  return request.isNavigationRequest() && request.frame() === page.mainFrame();
}
