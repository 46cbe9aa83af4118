import type { Download, Page, Request, Response } from 'playwright-core';
import { settledWithin } from '../../../util/deadline.js';
import type { PageEvent } from '../../engine.js';
import { firstRequest, isFirstRequest, isForMainFrame, isSameDocument } from '../document-request.js';
import {
  type MainFrameNavigation,
  onMainFrameNavigation,
  type PendingNavigation,
  pendingNavigationOf,
} from '../driver/driver-transport.js';
import type { Guard } from '../guarded.js';

/** How many requests and answers are remembered until one of them becomes the document. */
const remembered = 20;

/** Something that happens once, or never. */
class Occurrence {
  readonly promise: Promise<void>;
  #resolve: () => void = () => {};
  #hasHappened = false;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get hasHappened(): boolean {
    return this.#hasHappened;
  }

  happen(): void {
    this.#hasHappened = true;
    this.#resolve();
  }
}

/** What can happen to one navigation of ours. */
class Course {
  readonly url: string;
  /** One of its requests failed. */
  readonly failed = new Occurrence();
  /** The browser shows what it brought. */
  readonly arrived = new Occurrence();
  /** The page that is left has set out for elsewhere itself. */
  readonly overtaken = new Occurrence();
  /** Nothing that was under way on arrival is so any more, or it has taken the document's place. */
  readonly decided = new Occurrence();
  /** The document that is shown broke off in the middle. */
  readonly broken = new Occurrence();
  /** The browser shows its own page about a failure. */
  readonly errorPage = new Occurrence();
  /** What was under way when it arrived, and may still get there. */
  readonly rivals = new Set<Request>();
  /** Where it was led. */
  readonly urls: string[];
  failedUrl: string | undefined;
  download: Download | undefined;

  constructor(url: string) {
    this.url = url;
    this.urls = [url];
  }

  /** Whether it led there, over redirects or not. */
  includes(request: Request): boolean {
    return isFirstRequest(firstRequest(request).url(), this.url);
  }
}

/** A navigation of the main frame that failed. */
export interface NavigationFailure {
  readonly url: string;
  /** The browser's own name for it: `net::ERR_CONNECTION_REFUSED`. */
  readonly reason: string;
}

/**
 * What the main frame of a page goes through, whoever sends it there: which answers came, which of them the page shows,
 * what failed, and whether a download began instead.
 */
export class MainFrame {
  readonly #page: Page;
  readonly #onDownload: (download: Download) => void;
  readonly #onEvent: (event: PageEvent) => void;
  /** First requests of navigations, whoever began them, that are not over. */
  readonly #underWay = new Set<Request>();
  #responses: Response[] = [];
  #document: Response | undefined;
  /** The request of the document that is shown. */
  #documentRequest: Request | undefined;
  #documents = 0;
  /** The number of the last document that somebody has waited for. */
  #loaded = 0;
  #change = new Occurrence();
  readonly #listeners = new Set<() => void>();
  /** What the driver takes for a navigation, and nothing came of in its time. */
  #fruitless: object | undefined;
  #failure: NavigationFailure | undefined;
  #expectsErrorPage = false;
  #course = new Course('about:blank');
  #expectsDownload = false;
  #isRestless = false;

  /**
   * @param onDownload told of a download that no navigation of ours led to
   * @param onEvent told where the page comes to, and of every download
   */
  constructor(page: Page, onDownload: (download: Download) => void, onEvent: (event: PageEvent) => void, guard: Guard) {
    this.#page = page;
    this.#onDownload = onDownload;
    this.#onEvent = onEvent;
    page.on(
      'request',
      guard((request) => this.#onRequest(request)),
    );
    page.on(
      'response',
      guard((response) => this.#onResponse(response)),
    );
    page.on(
      'requestfailed',
      guard((request) => this.#onFailed(request)),
    );
    onMainFrameNavigation(
      page,
      guard((navigation) => this.#onNavigation(navigation)),
    );
    page.on(
      'download',
      guard((download) => this.#onBegun(download)),
    );
  }

  /** The answer that the page shows now. */
  get document(): Response | undefined {
    return this.#document;
  }

  /** Whether what is shown is of a site, not a page of the browser's own. */
  get showsSite(): boolean {
    return !isOwnPage(this.#page.url());
  }

  /** How many documents were shown until now: it tells whether the one that is shown is still the same. */
  get documents(): number {
    return this.#documents;
  }

  /** Tells of each document from now on. @returns how to stop that: a page may be read without end, and show no other */
  onDocument(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when another document is shown, or the page has given up going to one. */
  get nextChange(): Promise<void> {
    return this.#change.promise;
  }

  /** Where the page is on its way to now, whoever sent it there. */
  get pending(): PendingNavigation | undefined {
    const pending = pendingNavigationOf(this.#page);
    return pending?.key === this.#fruitless ? undefined : pending;
  }

  /** Whether the browser is about to show its own page about a navigation that failed. */
  get expectsErrorPage(): boolean {
    return this.#expectsErrorPage;
  }

  /** No such page came. */
  dismissErrorPage(): void {
    this.#expectsErrorPage = false;
  }

  /** Whether somebody has waited until the document that is shown had loaded. */
  get isLoaded(): boolean {
    return this.#loaded === this.#documents;
  }

  noteLoaded(): void {
    this.#loaded = this.#documents;
  }

  /** Nothing comes of that navigation: a link to a mail program, say. */
  dismiss({ key }: PendingNavigation): void {
    this.#fruitless = key;
  }

  /** The last navigation that failed and put the browser's own page in the document's place; absent: none did. */
  get failure(): NavigationFailure | undefined {
    return this.#document ? undefined : this.#failure;
  }

  /** The last answer to the navigation since `begin`. */
  get lastResponse(): Response | undefined {
    return this.#responses.findLast((response) => this.#course.includes(response.request()));
  }

  /** Whether the browser has shown what the navigation since `begin` brought. */
  get hasArrived(): boolean {
    return this.#course.arrived.hasHappened;
  }

  /** Resolves when the browser shows what the navigation since `begin` brought. */
  get arrived(): Promise<void> {
    return this.#course.arrived.promise;
  }

  /** Resolves when a request of the navigation since `begin` has failed. */
  get failed(): Promise<void> {
    return this.#course.failed.promise;
  }

  /** Resolves when the page itself has set out for elsewhere since `begin`. */
  get overtaken(): Promise<void> {
    return this.#course.overtaken.promise;
  }

  /** The URL of the navigation's last request that failed since `begin`: the end of the redirects. */
  get failedUrl(): string | undefined {
    return this.#course.failedUrl;
  }

  /** The download that began since `begin`. */
  get download(): Download | undefined {
    return this.#course.download;
  }

  /** Resolves when the browser shows its error page after `begin`. */
  get errorPage(): Promise<void> {
    return this.#course.errorPage.promise;
  }

  /** Resolves when the document that is shown breaks off in the middle, after `begin`. */
  get broken(): Promise<void> {
    return this.#course.broken.promise;
  }

  /** Whether the page has set out for elsewhere since our navigation arrived, by itself or by what was done there. */
  get isRestless(): boolean {
    return this.#isRestless;
  }

  /** Whether the navigation since `begin` was led to that address. */
  leadsTo(url: string): boolean {
    return this.#course.urls.some((one) => isSameDocument(one, url));
  }

  /** A navigation of ours begins. */
  begin(url: string): void {
    this.end();
    this.#responses = [];
    this.#course = new Course(url);
    this.#expectsDownload = true;
    this.#isRestless = false;
  }

  /**
   * Waits until nothing that the page before had begun can take the document's place any more.
   *
   * @returns whether the document is still there
   */
  async holds(timeoutMs: number): Promise<boolean> {
    const { rivals, decided } = this.#course;
    if (rivals.size > 0) await settledWithin(decided.promise, timeoutMs);
    const isReplaced = decided.hasHappened && rivals.size > 0;
    // What did not come by now leads nowhere.
    for (const rival of rivals) this.#underWay.delete(rival);
    return !isReplaced;
  }

  /** The navigation has its document, or none: what is downloaded from now on, or was besides, is the page's own doing. */
  end(): void {
    this.#expectsDownload = false;
    if (this.#course.download) this.#onDownload(this.#course.download);
    this.#course.download = undefined;
  }

  /** The driver shows the answer that the navigation came to. It tells of it alone where it hides requests, as for icons. */
  show(response: Response): void {
    if (this.hasArrived) return;
    this.#showDocument(response);
    this.#tell(response, true);
    this.#arrive();
  }

  /** The download that has begun or is about to. */
  async nextDownload(timeoutMs: number): Promise<Download | undefined> {
    const download =
      this.#course.download ??
      (await this.#page.waitForEvent('download', { timeout: timeoutMs }).catch(() => undefined));
    this.#course.download = undefined;
    return download;
  }

  #onBegun(download: Download): void {
    this.#onEvent({ kind: 'download', name: download.suggestedFilename(), url: download.url() });
    for (const request of this.#underWay) if (isSameDocument(request.url(), download.url())) this.#end(request);
    if (this.#expectsDownload) this.#course.download = download;
    else this.#onDownload(download);
  }

  #onRequest(request: Request): void {
    if (!isForMainFrame(request, this.#page)) return;
    if (!this.#course.includes(request)) this.#course.overtaken.happen();
    else if (!this.hasArrived) this.#course.urls.push(request.url()); // later ones are the page's own
    if (request.redirectedFrom()) return;
    this.#isRestless ||= this.hasArrived;
    this.#underWay.add(request);
    const [oldest] = this.#underWay;
    if (oldest && this.#underWay.size > remembered) this.#end(oldest);
  }

  #onResponse(response: Response): void {
    if (!isForMainFrame(response.request(), this.#page)) return;
    this.#responses = [...this.#responses.slice(1 - remembered), response];
    if ([204, 205].includes(response.status())) {
      this.#tell(response, this.#course.includes(response.request()));
      this.#end(response.request());
    }
    // Some browsers tell of the document before its answer.
    if (response.request() === this.#documentRequest && !this.#document) this.#onDocument(response);
  }

  #onFailed(request: Request): void {
    if (!isForMainFrame(request, this.#page)) return;
    this.#end(request);
    const reason = request.failure()?.errorText ?? '';
    this.#failure = { url: request.url(), reason };
    const isShown = this.#document?.request() === request;
    this.#expectsErrorPage = !isShown && !/abort|cancel/i.test(reason);
    const { failed, broken } = this.#course;
    const isOurs = this.#course.includes(request);
    if (this.#expectsErrorPage) this.#tellFailure(this.#failure, isOurs && !this.hasArrived);
    if (isOurs) {
      this.#course.failedUrl = request.url();
      failed.happen();
    }
    if (this.hasArrived && isShown) broken.happen();
  }

  #onNavigation({ url, outcome, request }: MainFrameNavigation): void {
    // An address that a script has set is one of the document that is shown.
    if (outcome === 'address') return;
    if (outcome === 'document') {
      const before = this.#document;
      this.#documents += 1;
      this.#expectsErrorPage = false;
      this.#document = undefined;
      this.#documentRequest = request;
      if (url.startsWith('chrome-error:')) this.#course.errorPage.happen();
      const response = this.#responseOf(url, request);
      if (response) this.#onDocument(response);
      // What a script has put in the place of the document (`javascript:`) has its address, and came by its answer.
      else if (!request && before && isSameDocument(before.url(), url)) this.#showDocument(before);
    }
    if (outcome === 'document') for (const listener of this.#listeners) listener();
    const change = this.#change;
    this.#change = new Occurrence();
    change.happen();
  }

  /** The answer that brought a document. Only one whose navigation is not over can. */
  #responseOf(url: string, request: Request | undefined): Response | undefined {
    if (isOwnPage(url)) return undefined;
    if (request) return this.#responses.findLast((one) => one.request() === request);
    return this.#responses.findLast(
      (one) => this.#underWay.has(firstRequest(one.request())) && isSameDocument(one.url(), url),
    );
  }

  #onDocument(response: Response): void {
    this.#showDocument(response);
    const { rivals, decided } = this.#course;
    const first = firstRequest(response.request());
    this.#underWay.delete(first);
    if (rivals.has(first)) decided.happen();
    const isOurs = this.#course.includes(first) && !this.hasArrived;
    this.#tell(response, isOurs);
    if (isOurs) this.#arrive();
  }

  #tell(response: Response, isOurs: boolean): void {
    const by = isOurs ? 'command' : 'page';
    this.#onEvent({ kind: 'navigation', url: response.url(), by, statusCode: response.status() });
  }

  #tellFailure({ url, reason }: NavigationFailure, isOurs: boolean): void {
    this.#onEvent({ kind: 'navigation', url, by: isOurs ? 'command' : 'page', error: reason });
  }

  #showDocument(response: Response): void {
    this.#document = response;
    this.#documentRequest = response.request();
  }

  #arrive(): void {
    const { arrived, rivals } = this.#course;
    for (const request of this.#underWay) if (!this.#course.includes(request)) rivals.add(request);
    arrived.happen();
  }

  /** A navigation is over that brought no document. */
  #end(request: Request): void {
    const { rivals, decided } = this.#course;
    const first = firstRequest(request);
    this.#underWay.delete(first);
    if (rivals.delete(first) && rivals.size === 0) decided.happen();
  }
}

/** Whether a browser shows it by itself: an empty page, or one about a failure. */
const isOwnPage = (url: string): boolean => /^(chrome-error|about):/.test(url);
