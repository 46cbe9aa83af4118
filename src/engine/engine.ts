/**
 * The interface of browsers. Plain types only: nothing here names a driver.
 *
 * ```
 * BrowserEngine ─newContext─▶ EngineContext ─newPage─▶ EnginePage
 *  a kind of browser            one session's jar        its tab
 * ```
 *
 * Every call that can wait takes a signal last. When it aborts, the call rejects with the signal's reason, and a
 * success that comes later is undone. Failures of the browser reject with a `MooringError`.
 */

import type { MooringError } from '../errors.js';
import type { Identity, Size } from '../identity/identity.js';
import type { EngineProcesses } from '../identity/identity-resolver.js';
import type { PresentationCapabilities } from '../identity/presentation-capabilities.js';
import type { BrowserState, CapturedState, PagePlace, StoredCookie } from '../snapshots/browser-state.js';
import type { LivePage, LivePageListener } from './live-page.js';
import type { Thumbnail, ThumbnailOptions } from './thumbnail.js';

/** Which browser runs. */
export interface EngineInfo {
  /** `chromium`, `firefox`, `webkit` (or what a fake calls itself). */
  readonly name: string;
  /** Its full version, `156.0.8078.79`. */
  readonly version: string;
  /** The user agent that its pages present when nothing else is asked for. */
  readonly userAgent: string;
  /** Which build of it: `shell`, `full`, … */
  readonly build: string;
  /** Which parts of an identity it can present. */
  readonly presents: PresentationCapabilities;
}

export interface ContextOptions {
  /** How its pages appear to sites; absent: as the engine is. */
  readonly identity?: Identity;
  /** The only proxy the context knows, `http://127.0.0.1:<port>`; absent: none. */
  readonly proxyServer?: string;
  /** Whose it is: no owner takes all processes of other user agents for itself. Absent: the server's own. */
  readonly owner?: string;
  /** What its sites have stored, from another context of this session; there before their first script runs. Absent: nothing. */
  readonly state?: BrowserState;
}

/** What of a context's state is taken. */
export interface CaptureOptions {
  /** IndexedDB too, which takes time. */
  readonly indexedDb: boolean;
  /** The most that is taken in all; databases that go beyond are left out, and told. */
  readonly maxBytes: number;
}

/** A kind of browser, with the processes that run it. */
export interface BrowserEngine {
  /** Launches the first process. @throws when the browser does not start */
  start(): Promise<void>;
  /** Known once started. */
  readonly info: EngineInfo;
  /** Its processes, where each user agent needs its own; if omitted, one presents all of them. */
  readonly processes?: EngineProcesses | undefined;
  /** Opens a context: a cookie jar and storage of its own. */
  newContext(options: ContextOptions, signal: AbortSignal): Promise<EngineContext>;
  /** Proves that the browser works: a page is opened, a script runs in it, and it is closed. */
  check(signal: AbortSignal): Promise<void>;
  /** Ends processes that no longer answer; their contexts are lost. */
  endHung(): Promise<void>;
  /** Ends every process and its scratch folder. Twice is the same promise. */
  close(): Promise<void>;
}

/** One session's share of a browser: cookies, storage, pages. */
export interface EngineContext {
  /** 32 hex digits, unique for the life of the server. */
  readonly guid: string;
  /** Aborts, with a `MooringError` as its reason, when the browser behind the context is gone without being asked to. */
  readonly lost: AbortSignal;
  /** Aborts when its process is to end soon, of old age: a session that rests moves to another one. If omitted, it never is. */
  readonly retired?: AbortSignal;
  /** What of its identity it does not present, a sentence each. If omitted, there is nothing. */
  readonly shortfalls?: readonly string[];
  /** What of `ContextOptions.state` could not be brought back, a sentence each. If omitted, all of it was. */
  readonly unrestored?: readonly string[];
  newPage(signal: AbortSignal): Promise<EnginePage>;
  /** Every cookie; with a URL only those that the browser would send there. */
  cookies(url: string | undefined, signal: AbortSignal): Promise<EngineCookie[]>;
  /** Sets cookies; one with the same name, domain and path is replaced. */
  addCookies(cookies: readonly CookieToSet[], signal: AbortSignal): Promise<void>;
  /**
   * Takes what its sites have stored, those too that its page has left. One that does not answer is taken as it was last
   * seen.
   */
  captureState(options: CaptureOptions, signal: AbortSignal): Promise<CapturedState>;
  /**
   * Gives the debugging protocol of its browser (CDP) to one client at a time, from its own sessions on. It reaches the
   * whole browser: who hands it on binds it to this context. Tabs that open meanwhile are the client's, and stay. If
   * omitted, its browser has no such protocol.
   */
  openProtocol?(onMessage: (message: ProtocolMessage) => void, signal: AbortSignal): Promise<EngineProtocol>;
  /** Twice is the same promise. */
  close(): Promise<void>;
}

/** One message of a browser's debugging protocol. What has a `method` and no `id` is an event. */
export interface ProtocolMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly code?: number; readonly message: string };
}

/** A client's sessions of a browser's debugging protocol. */
export interface EngineProtocol {
  /** The browser's own ID of the context. */
  readonly contextId: string;
  /** The session of the browser as a whole: all others hang on it. */
  readonly browserSessionId: string;
  /** Most tabs that the context may have: more are closed as they open. */
  readonly maxTabs: number;
  /** Sends a message. The answer comes with the same ID, in order with the events. */
  send(message: ProtocolMessage): void;
  /** Sends a message of our own. @returns its result @throws Error with `code` as the browser answers */
  ask(method: string, params?: Record<string, unknown>, sessionId?: string): Promise<Record<string, unknown>>;
  /** Whether new tabs wait, for a few seconds, until a session of theirs sends `Runtime.runIfWaitingForDebugger`. */
  holdsNewTabs: boolean;
  isHeld(targetId: string): boolean;
  /** Lets a tab run that waits. */
  letRun(targetId: string): void;
  /** The device that a tab presents: the parameters of `Emulation.setDeviceMetricsOverride`. */
  deviceOf(targetId: string): Readonly<Record<string, unknown>> | undefined;
  /** Has the browser tell of downloads (`Browser.downloadWillBegin`, `Browser.downloadProgress`). They are cancelled. */
  hearDownloads(): Promise<void>;
  /**
   * Ends the client's sessions, and with them what was set there. Idempotent: repeated calls return the same promise.
   *
   * @param shownTargetId the tab that was used last
   * @returns the page that the context shows from now on: that tab, or another that is there
   */
  close(shownTargetId?: string): Promise<EnginePage | undefined>;
}

/** Partitions are no part of it: requests are not told of them. */
export type EngineCookie = Omit<StoredCookie, 'partitionKey' | 'crossSiteAncestor'>;

/** A cookie for one host (`url`) or for a domain and path. */
export type CookieToSet = Pick<EngineCookie, 'name' | 'value'> &
  Partial<Pick<EngineCookie, 'expires' | 'httpOnly' | 'secure' | 'sameSite'>> &
  ({ readonly url: string } | { readonly domain: string; readonly path: string });

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH';

/** A navigation: a real request of the browser for its main frame. */
export interface NavigationRequest {
  readonly url: string;
  readonly method: HttpMethod;
  /** Headers of this one request, over the browser's own. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly referer?: string;
  /** How long the whole navigation may take before a page whose document is there is taken as it stands. */
  readonly loadTimeoutMs: number;
  /** The largest body of a download that is taken. */
  readonly maxBodyBytes: number;
  /** How far the page is to come: `domcontentloaded`, `load` (the default), or `networkidle`. */
  readonly loadState?: LoadState;
  /** Set in the storage of the URL's origin before any of its scripts runs. */
  readonly localStorage?: Readonly<Record<string, string>>;
  /** Bring the bytes of the answer whatever its type. */
  readonly wantsBody?: boolean;
  /** Show an empty page at the URL, of its origin, and fetch nothing. */
  readonly emptyDocument?: boolean;
}

/** Header names are in lower case; several `set-cookie` are parted by a line break. */
export interface NavigationHeaders {
  readonly request: Readonly<Record<string, string>>;
  readonly response: Readonly<Record<string, string>>;
}

/** What a navigation came to. */
export interface NavigationResult {
  /** `document`: a page is shown. `download`: a file came. `empty`: 204 or 205, the page stayed where it was. */
  readonly kind: 'document' | 'download' | 'empty';
  readonly status: number;
  readonly method: string;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** As they went over the wire. They arrive a moment after the document, so read something else meanwhile. */
  readonly headers: Promise<NavigationHeaders>;
  /** The answers that led here, the last one not among them. */
  readonly redirects: Promise<readonly Redirect[]>;
  /** The bytes of a download, and of a document that is neither markup nor text. */
  readonly body?: Uint8Array;
  /** What the site calls a download. */
  readonly fileName?: string;
  /** False when the page's `load` event did not come in time; what was there by then is shown. */
  readonly loaded: boolean;
  /** The connection broke off in the middle of the document. */
  readonly brokeOff?: boolean;
}

/** What of a page's content is to be read; the rest is empty. */
export interface ContentParts {
  readonly html: boolean;
  readonly text: boolean;
}

/** What a page says of itself, read at one moment. */
export interface PageContent {
  readonly html: string;
  /** What a reader sees; of a JSON or text document the raw body. */
  readonly text: string;
  readonly url: string;
  readonly userAgent: string;
  readonly localStorage: Readonly<Record<string, string>>;
}

/** What is to be taken out of a page. */
export interface Extraction {
  /** The elements of this selector (CSS, XPath, `text=…`): their text, or the values of an attribute. */
  readonly selector?: string;
  readonly attribute?: string;
  readonly links?: boolean;
  readonly images?: boolean;
  /** Searched for in the HTML, each by itself: the first group of each match, or all of it. */
  readonly regexes?: readonly { readonly source: string; readonly flags: string }[];
  /** The readable part of the page as Markdown. */
  readonly markdown?: boolean;
}

/** What was found; URLs are absolute, and each is there once. */
export interface Extracted {
  readonly elements?: string[];
  readonly links?: string[];
  readonly images?: string[];
  /** By the place of their expression. */
  readonly regexes?: string[][];
  readonly markdown?: string;
}

/** One answer on the way to a document. */
export interface Redirect {
  readonly url: string;
  readonly status: number;
}

export interface ScreenshotOptions {
  /** Absent: the viewport as it is. */
  readonly size?: { readonly width: number; readonly height: number };
  /** The whole page, not only the viewport. */
  readonly fullPage: boolean;
}

/**
 * What is to be done with a page's traffic while it is watched. A pattern is a part of the URL; `*` in it stands for any
 * text.
 */
export interface WatchOptions {
  /** Requests that are not to go out. */
  readonly abort: readonly string[];
  readonly abortsOnlyPosts: boolean;
  /** Answers to keep: the first one of each pattern. */
  readonly capture: readonly string[];
  /** Images, styles, fonts, sound and pictures in motion are not loaded. */
  readonly blocksMedia: boolean;
  /** Cookie banners are answered with a refusal, or hidden. */
  readonly blocksCookieBanners: boolean;
  /** How much of answers and downloads is kept in all. */
  readonly maxBytes: number;
}

/** A request that was not let out. */
export interface AbortedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A request of the page and its answer. */
export interface CapturedExchange extends AbortedRequest {
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Absent when the browser did not keep it. */
  readonly response?: Uint8Array;
}

/** A dialog that a page showed. It is closed at once: `beforeunload` with yes, every other with no. */
export interface PageDialog {
  readonly type: string;
  readonly message: string;
}

export interface DownloadedFile {
  /** As the site calls it. */
  readonly name: string;
  readonly url: string;
  /** The content type, as far as it is known. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/**
 * Sees what a page does besides showing its document, from the moment it begins; ends with it. One at a time for each
 * page.
 */
export interface PageWatch extends Disposable {
  readonly aborted: readonly AbortedRequest[];
  /** By the place of their pattern. */
  readonly captured: readonly (CapturedExchange | undefined)[];
  readonly dialogs: readonly PageDialog[];
  /** The URLs of the tabs that the page opened. They stay open beside it until it goes elsewhere by `navigate`. */
  readonly popups: readonly string[];
  /** The names of files that the page handed out and nobody took; they are discarded at the end. */
  readonly unclaimed: readonly string[];
  /** Waits until a request was not let out. Tells whether one was. */
  untilAborted(limits: StepLimits): Promise<boolean>;
  /** Waits until every pattern of `capture` has an answer. Tells whether each has. */
  untilCaptured(limits: StepLimits): Promise<boolean>;
  /** Waits until the cookie banner that the page shows, if it does, is answered. */
  untilNoBanner(limits: StepLimits): Promise<void>;
  /**
   * The next file that the page hands out, also one from before the call.
   *
   * @throws MooringError `NAVIGATION_TIMEOUT`, `RESPONSE_TOO_LARGE`, `NO_RESPONSE` when it breaks off
   */
  nextDownload(limits: StepLimits): Promise<DownloadedFile>;
}

/** A recording that goes on. */
export interface PageRecording {
  /** Ends it. @returns the video as WebM; nothing if the page showed nothing */
  stop(): Promise<Uint8Array | undefined>;
}

/** What happens on a page besides what is asked of it. Its texts are as long as the site makes them. */
export type PageEvent =
  /** It shows another document (or got an answer without one: 204), or a navigation failed. */
  | {
      readonly kind: 'navigation';
      readonly url: string;
      /** `command`: `navigate` led there. `page`: the page itself, or what was done on it. */
      readonly by: 'command' | 'page';
      readonly statusCode?: number;
      /** The browser's own name for why it failed. */
      readonly error?: string;
    }
  /** It, or a popup of it, hands out a file. */
  | { readonly kind: 'download'; readonly name: string; readonly url: string }
  | ({ readonly kind: 'dialog' } & PageDialog)
  /** A script failed or reported an error, or the browser did; on engines that tell of it. */
  | {
      readonly kind: 'console';
      readonly source: 'exception' | 'console' | 'browser';
      /** Takes the text out of what the browser said. */
      readText(): string;
    }
  /** It is gone, and nobody closed it. */
  | { readonly kind: 'crash'; readonly reason: string };

/** A file to be chosen in a page. */
export interface FileToUpload {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** How long one step on a page may take; every step also ends with the signal. */
export interface StepLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type LoadState = 'domcontentloaded' | 'networkidle' | 'load';

export interface DocumentReadLimits extends StepLimits {
  /** How far a document that the page goes on to by itself is to come. Default: `load`. */
  readonly loadState?: LoadState | undefined;
}

/** What was read of one document. */
export interface DocumentReading<T> {
  readonly value: T;
  /**
   * Absent: the page stood still by itself. `moving`: it went on from one document to the next, and was held at one of
   * them. `late`: it was on its way elsewhere when the time was over, which was given up.
   */
  readonly held?: 'moving' | 'late';
}

/**
 * What a person does on a page, in the frame that was entered last. A selector is CSS, XPath (`//…`, `xpath=…`) or `text=…`. A step that sends the page elsewhere ends when the
 * next document has loaded, or its time is over.
 *
 * Every step throws `ELEMENT_NOT_FOUND` when nothing fits its selector in time, `NAVIGATION_TIMEOUT` when something else did not come in
 * time, `BROWSER_FAILED` when the page is gone, and `INVALID_PARAMETER` when a selector or code cannot be read.
 */
export interface PageActor {
  /** `direct`: the element's own click, without a cursor. */
  click(selector: string, direct: boolean, limits: StepLimits): Promise<void>;
  /** `direct`: sets the value at once. */
  type(selector: string, text: string, direct: boolean, limits: StepLimits): Promise<void>;
  hover(selector: string, limits: StepLimits): Promise<void>;
  /** Presses a key by its name in the DOM (`Enter`), in an element or where the focus is. */
  press(key: string, selector: string | undefined, limits: StepLimits): Promise<void>;
  /** Empties a field, the focused one without a selector. */
  clear(selector: string | undefined, limits: StepLimits): Promise<void>;
  /** Chooses an option by its place from 0, or by its value. */
  select(selector: string, option: number | string, limits: StepLimits): Promise<void>;
  /** To an element, or to the end of the page. */
  scroll(selector: string | undefined, limits: StepLimits): Promise<void>;
  waitForSelector(selector: string, limits: StepLimits): Promise<void>;
  waitForExpression(code: string, limits: StepLimits): Promise<void>;
  waitForLoadState(state: LoadState, limits: StepLimits): Promise<void>;
  /**
   * Runs an expression, a promise, or statements with `return`, once.
   *
   * @returns what JSON can hold of it
   * @throws MooringError `BROWSER_FAILED` when the page moves on before it has finished
   */
  evaluate(code: string, limits: StepLimits): Promise<unknown>;
  /** Whether an expression is true; asked again on the next document when the page moves on meanwhile. */
  holds(condition: string, limits: StepLimits): Promise<boolean>;
  /** Later steps act in this iframe; without a selector in the page. */
  enterFrame(selector: string | undefined, limits: StepLimits): Promise<void>;
  /** Chooses files, in a file input or by what opens the file chooser when it is clicked. */
  upload(selector: string, files: readonly FileToUpload[], limits: StepLimits): Promise<void>;
  /** Moves the cursor about the page as a reader does, for a second or so. */
  wander(limits: StepLimits): Promise<void>;
  setViewport(width: number, height: number, limits: StepLimits): Promise<void>;
  removeFrames(limits: StepLimits): Promise<void>;
}

/** One tab. */
export interface EnginePage {
  /** False once its renderer has crashed, hung or been closed: the page is of no more use. */
  readonly alive: boolean;
  /** Why it is of no more use; absent: it is alive. */
  readonly loss: MooringError | undefined;
  /** What the address bar says now. */
  readonly url: string;
  /** How the document came that the page shows now, whoever went there; absent: it shows none. */
  readonly document: NavigationResult | undefined;
  /** Why the page shows no document: the error of the navigation that failed; absent: it shows one, or nothing failed. */
  readonly failure: MooringError | undefined;
  /** Its viewport, as `PageActor.setViewport` left it. */
  readonly viewport: Size;
  /** The viewport that it was opened with. */
  readonly initialViewport: Size;
  /** Tells what happens on it from now on. One listener: another takes its place. */
  onEvent(listener: (event: PageEvent) => void): void;
  /**
   * Goes to a URL and waits until the page has loaded.
   *
   * @throws MooringError `NO_RESPONSE` no usable response, `PROXY_TUNNEL_REFUSED`, `PROXY_UNREACHABLE` the proxy failed, `NAVIGATION_TIMEOUT` no
   *   document in time, `BROWSER_FAILED` the page or browser is gone, `RESPONSE_TOO_LARGE`
   */
  navigate(request: NavigationRequest, signal: AbortSignal): Promise<NavigationResult>;
  /**
   * Waits as long as the page is on its way elsewhere by itself, and until what it came to has loaded. One that goes on and
   * on is not waited for without end.
   *
   * @returns false if it was still on its way when the time was over, which was given up
   */
  follow(limits: DocumentReadLimits): Promise<boolean>;
  /**
   * Runs reads of the page so that all of them are of one document. A navigation that is under way is followed first; reads
   * that the page moved on under are done again; a page that never stands still is held for them.
   *
   * @param read is given how the document came; nothing when the page shows none of a site. May be called several times.
   * @throws MooringError `BROWSER_FAILED` when the page cannot be held, and what `read` throws
   */
  readOneDocument<T>(
    read: (document: NavigationResult | undefined) => Promise<T>,
    limits: DocumentReadLimits,
  ): Promise<DocumentReading<T>>;
  /**
   * Reads the page in one go.
   *
   * @param maxChars the largest HTML or text that is taken
   * @param parts what is read of it. If omitted, everything
   * @throws MooringError `RESPONSE_TOO_LARGE`, `BROWSER_FAILED`
   */
  read(maxChars: number, signal: AbortSignal, parts?: ContentParts): Promise<PageContent>;
  /** Where it stands; absent: it shows no document. One that does not answer has not scrolled. */
  place(signal: AbortSignal): Promise<PagePlace | undefined>;
  /** Scrolls to where it stood, as far as it goes. */
  scrollTo(scroll: PagePlace['scroll'], signal: AbortSignal): Promise<void>;
  /** Begins steps on the page, in its main frame. */
  actor(): PageActor;
  /** Begins to watch it. @throws MooringError `BROWSER_FAILED`, or `UNSUPPORTED_PARAMETER` for what this engine cannot do */
  watch(options: WatchOptions, signal: AbortSignal): Promise<PageWatch>;
  /** Begins to record it. @throws MooringError `UNSUPPORTED_PARAMETER` when this engine cannot */
  record(maxBytes: number): PageRecording;
  /** @throws MooringError `INVALID_PARAMETER` for a selector or expression that cannot be used */
  extract(extraction: Extraction, signal: AbortSignal): Promise<Extracted>;
  /** Waits until the address contains this text; `*` stands for any. @throws MooringError `NAVIGATION_TIMEOUT` */
  waitForUrl(pattern: string, limits: StepLimits): Promise<void>;
  /** Begins to show it to a person, as it happens; ends what was shown before. */
  live(listener: LivePageListener): LivePage;
  /**
   * A small picture of it, taken beside whatever uses it; the page sees nothing of that, and one that is paused stays paused.
   *
   * @returns undefined if it gives none now
   */
  thumbnail(options: ThumbnailOptions, signal: AbortSignal): Promise<Thumbnail | undefined>;
  /** The page as a PDF. */
  pdf(signal: AbortSignal): Promise<Uint8Array>;
  /** A PNG. */
  screenshot(options: ScreenshotOptions, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Stops all that the page and its popups do by themselves: timers, animation, workers. Their memory stays as it is.
   * Idempotent.
   *
   * @returns false if this browser cannot, or the page went first; once all of it stands still, which a navigation that is
   * under way may hold up
   */
  pause(): Promise<boolean>;
  /** Lets it go on where it was stopped. Does nothing on a page that is not paused. */
  resume(): Promise<void>;
  /**
   * How long its process has run on any processor since its start, milliseconds; undefined where the browser does not tell.
   * A page that hangs does not answer.
   */
  processTime(): Promise<number | undefined>;
  /**
   * Makes the page fit to go elsewhere: stops what loads, and a script that never ends. A page that still does not
   * answer is closed. Tells whether the page can be used.
   */
  settle(): Promise<boolean>;
  close(): Promise<void>;
}

/** The viewport of a page whose context names none. */
export const defaultViewport = { width: 1280, height: 1024 } as const;
