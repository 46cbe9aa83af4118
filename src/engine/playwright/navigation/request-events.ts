import type { EventEmitter } from 'node:events';
import type { BrowserContext, Page } from 'playwright-core';
import { insideOf } from '../driver/driver-transport.js';

/** How many requests of documents the driver keeps for a context, and how much of them. */
const keptRequests = 50;
const keptBytes = 20_000_000;

/** As the driver has them inside. */
interface Frame {
  readonly _page: { mainFrame(): Frame; isClosed(): boolean };
}
interface Request {
  isNavigationRequest(): boolean;
  frame(): Frame | null | undefined;
  url(): string;
  method(): string;
  postDataBuffer(): Uint8Array | null;
}
interface Dispatchers {
  existingDispatcher(request: Request): { _dispose(reason: string): void } | undefined;
}
type Told = Request | { request: Request | (() => Request) };

const bodiless = new Set(['GET', 'HEAD', 'OPTIONS']);
/** A page may have more under way: then there are many. */
const maxUploads = 100;

const requestEvents = new Set(['request', 'response', 'requestfailed', 'requestfinished']);

/**
 * What the driver tells of a context's requests: those for documents of tabs, unless somebody listens to all. Of each
 * that it tells it makes objects, 16.5 KB or more, which it keeps as long as the tab; a page can load assets without end.
 */
export class RequestEvents {
  readonly #dispatchers: Dispatchers;
  #told: { readonly request: Request; readonly bytes: number }[] = [];
  /** Requests that send something and have no answer yet. */
  readonly #uploads = new Set<Request>();
  #bytes = 0;
  #listeners = 0;

  /** @throws when the driver is built in another way */
  constructor(context: BrowserContext) {
    const inside = insideOf(context) as EventEmitter;
    this.#dispatchers = dispatchersOf(context);
    const emit = inside.emit.bind(inside);
    inside.emit = (name: string, ...args: unknown[]) => {
      if (!requestEvents.has(name)) return emit(name, ...args);
      const request = requestOf(args[0] as Told); // of those events
      this.#noteUpload(name, request);
      return this.#isTold(name, request) && emit(name, ...args);
    };
    context.on('page', (page) => {
      forgetRequests(page);
      page.once('close', () => this.#forgetClosed());
    });
  }

  /** From now on all are told. @returns how to end that */
  hearAll(): () => void {
    this.#listeners += 1;
    return () => {
      this.#listeners -= 1;
      this.#letGo();
    };
  }

  /** How many requests of pages that are open send something, and have no answer yet. */
  get uploads(): number {
    for (const request of this.#uploads) if (request.frame()?._page.isClosed() ?? true) this.#uploads.delete(request);
    return this.#uploads.size;
  }

  #noteUpload(name: string, request: Request): void {
    if (name !== 'request') this.#uploads.delete(request);
    else if (!bodiless.has(request.method()) && this.#uploads.size < maxUploads) this.#uploads.add(request);
  }

  #isTold(name: string, request: Request): boolean {
    const frame = request.frame();
    const isDocument = request.isNavigationRequest() && frame?._page.mainFrame() === frame;
    if (isDocument || this.#listeners > 0) {
      if (name === 'request') this.#keep(request);
      return true;
    }
    // It was held back for a route, and was answered.
    if (name === 'requestfinished' || name === 'requestfailed') setImmediate(() => this.#forget(request));
    return false;
  }

  #keep(request: Request): void {
    const bytes = request.url().length + (request.postDataBuffer()?.byteLength ?? 0);
    this.#told.push({ request, bytes });
    this.#bytes += bytes;
    this.#letGo();
  }

  /** With a request its tab would be kept, and with that all that was ever known of it. */
  #forgetClosed(): void {
    this.#told = this.#told.filter(({ request }) => !request.frame()?._page.isClosed());
    this.#bytes = this.#told.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #letGo(): void {
    while (this.#listeners === 0 && (this.#told.length > keptRequests || this.#bytes > keptBytes)) {
      const oldest = this.#told.shift();
      if (!oldest) return;
      this.#bytes -= oldest.bytes;
      this.#forget(oldest.request);
    }
  }

  #forget(request: Request): void {
    this.#dispatchers.existingDispatcher(request)?._dispose('gc');
  }
}

function requestOf(told: Told): Request {
  if (!('request' in told)) return told;
  return typeof told.request === 'function' ? told.request() : told.request;
}

function dispatchersOf(context: BrowserContext): Dispatchers {
  const { _connection: connection } = context as unknown as {
    readonly _connection?: { toImpl?(connection: unknown): Dispatchers | undefined };
  };
  const dispatchers = connection?.toImpl?.(connection);
  if (!dispatchers?.existingDispatcher) throw new Error('this version of the driver does not tell what it keeps');
  return dispatchers;
}

/** The driver keeps the last hundred requests of a tab for a question that nobody asks here. */
function forgetRequests(page: Page): void {
  let inside: { addNetworkRequest?: () => void; readonly _networkRequests?: unknown[] };
  try {
    inside = insideOf(page) as typeof inside; // what the driver has
  } catch {
    return; // told of, and closed again already
  }
  inside.addNetworkRequest = () => {};
  if (inside._networkRequests) inside._networkRequests.length = 0;
}
