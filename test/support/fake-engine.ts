import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import {
  type BrowserEngine,
  type ContextOptions,
  type CookieToSet,
  type DocumentReading,
  defaultViewport,
  type EngineContext,
  type EngineCookie,
  type EnginePage,
  type Extracted,
  type NavigationRequest,
  type NavigationResult,
  type PageActor,
  type PageContent,
  type PageEvent,
  type PageRecording,
  type PageWatch,
  type WatchOptions,
} from '../../src/engine/engine.js';
import type { LivePageListener } from '../../src/engine/live-page.js';
import type { Thumbnail, ThumbnailOptions } from '../../src/engine/thumbnail.js';
import { MooringError } from '../../src/errors.js';
import { fullPresentation } from '../../src/identity/presentation-capabilities.js';
import type { CapturedState, OriginState, PagePlace } from '../../src/snapshots/browser-state.js';
import { abortable } from '../../src/util/deadline.js';
import { FakeLivePage } from './fake-live-page.js';

/** A browser without a browser: it fetches pages and knows cookies, but runs no scripts. */
export class FakeEngine implements BrowserEngine {
  readonly info = {
    name: 'fake',
    version: '1.2.3.4',
    userAgent: 'Mozilla/5.0 Fake/1.2.3.4',
    build: 'fake',
    presents: fullPresentation,
  };
  readonly contexts = new Set<FakeContext>();
  /** When set, opening a context waits for it. */
  gate: Promise<void> | undefined;
  opened = 0;

  async start(): Promise<void> {}

  async newContext(options: ContextOptions, signal: AbortSignal): Promise<EngineContext> {
    signal.throwIfAborted();
    if (this.gate) await abortable(this.gate, signal);
    const context = new FakeContext(this.info.userAgent, options.proxyServer, (closed) => this.contexts.delete(closed));
    for (const cookie of options.state?.cookies ?? []) context.store(cookie);
    context.origins = options.state?.origins ?? [];
    this.contexts.add(context);
    this.opened += 1;
    return context;
  }

  async check(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async endHung(): Promise<void> {}

  async close(): Promise<void> {
    await Promise.all([...this.contexts].map((context) => context.close()));
  }
}

export class FakeContext implements EngineContext {
  readonly guid = randomBytes(16).toString('hex');
  /** The only proxy it knows. */
  readonly proxyServer: string | undefined;
  readonly #userAgent: string;
  readonly #onClosed: (context: FakeContext) => void;
  readonly #lost = new AbortController();
  readonly #retired = new AbortController();
  readonly #jar = new Map<string, EngineCookie>();
  /** When set, taking the state waits for it. */
  captureGate: Promise<void> | undefined;
  /** When set, a page that is to go on after a pause waits for it. */
  resumeGate: Promise<void> | undefined;
  /** What its sites have stored beside cookies: scripts do not run, so it stays as it came. */
  origins: readonly OriginState[] = [];
  /** Origins that its captures cannot read. */
  unread: readonly string[] = [];
  readonly pages: FakePage[] = [];
  #closed = false;

  constructor(userAgent: string, proxyServer: string | undefined, onClosed: (context: FakeContext) => void) {
    this.#userAgent = userAgent;
    this.proxyServer = proxyServer;
    this.#onClosed = onClosed;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get retired(): AbortSignal {
    return this.#retired.signal;
  }

  /** As if the browser process had grown old. */
  retire(): void {
    this.#retired.abort();
  }

  /** As if the browser process had died. */
  crash(): void {
    this.#lost.abort(new MooringError('BROWSER_FAILED', 'browser has been closed'));
    this.#onClosed(this);
  }

  async newPage(signal: AbortSignal): Promise<EnginePage> {
    signal.throwIfAborted();
    this.#assertOpen();
    const page = new FakePage(this, this.#userAgent);
    this.pages.push(page);
    return page;
  }

  async cookies(url?: string, _signal?: AbortSignal): Promise<EngineCookie[]> {
    this.#assertOpen();
    const now = Date.now() / 1000;
    const host = url === undefined ? undefined : new URL(url).hostname;
    return [...this.#jar.values()].filter(
      ({ domain, expires }) => (expires === -1 || expires > now) && (host === undefined || domain === host),
    );
  }

  async addCookies(cookies: readonly CookieToSet[]): Promise<void> {
    this.#assertOpen();
    for (const cookie of cookies) {
      this.store({
        expires: -1,
        httpOnly: false,
        secure: false,
        sameSite: 'Lax',
        ...cookie,
        domain: 'url' in cookie ? new URL(cookie.url).hostname : cookie.domain,
        path: 'url' in cookie ? '/' : cookie.path,
      });
    }
  }

  async captureState(): Promise<CapturedState> {
    await this.captureGate;
    return { state: { cookies: await this.cookies(), origins: this.origins }, left: [], unread: this.unread };
  }

  store({ name, value, domain, path, expires, httpOnly, secure, sameSite }: EngineCookie): void {
    this.#jar.set(`${name};${domain};${path}`, { name, value, domain, path, expires, httpOnly, secure, sameSite });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#onClosed(this);
  }

  #assertOpen(): void {
    this.#lost.signal.throwIfAborted();
    if (this.#closed) throw new MooringError('BROWSER_FAILED', 'browser has been closed');
  }
}

const blank: PageContent = {
  html: '<html><head></head><body></body></html>',
  text: '',
  url: 'about:blank',
  userAgent: '',
  localStorage: {},
};

export class FakePage implements EnginePage {
  readonly initialViewport = defaultViewport;
  readonly viewport = defaultViewport;
  readonly failure = undefined;
  readonly #context: FakeContext;
  readonly #userAgent: string;
  readonly #gone = new AbortController();
  #content: PageContent = blank;
  #document: NavigationResult | undefined;
  #scroll: PagePlace['scroll'] = { x: 0, y: 0 };
  #onEvent: (event: PageEvent) => void = () => {};

  constructor(context: FakeContext, userAgent: string) {
    this.#context = context;
    this.#userAgent = userAgent;
    context.lost.addEventListener('abort', () => this.#gone.abort(context.lost.reason));
  }

  get alive(): boolean {
    return !this.#gone.signal.aborted;
  }

  get loss(): MooringError | undefined {
    return this.alive ? undefined : (this.#gone.signal.reason as MooringError); // what it is aborted with
  }

  get url(): string {
    return this.#content.url;
  }

  get document(): NavigationResult | undefined {
    return this.#document;
  }

  async place(): Promise<PagePlace | undefined> {
    if (!this.#document) return undefined;
    return { url: this.url, method: this.#document.method, scroll: this.#scroll, viewport: this.viewport };
  }

  async scrollTo(scroll: PagePlace['scroll']): Promise<void> {
    this.#scroll = scroll;
  }

  onEvent(listener: (event: PageEvent) => void): void {
    this.#onEvent = listener;
  }

  /** How it is shown to a person. */
  shown: FakeLivePage | undefined;

  live(listener: LivePageListener): FakeLivePage {
    this.#gone.signal.addEventListener('abort', () => listener.onGone());
    this.shown = new FakeLivePage(listener, () => this.url);
    return this.shown;
  }

  /** As if it happened on the page. */
  tell(event: PageEvent): void {
    this.#onEvent(event);
  }

  /** As if the renderer had died. */
  crash(): void {
    this.#gone.abort(new MooringError('BROWSER_FAILED', 'the tab crashed'));
    this.#onEvent({ kind: 'crash', reason: 'its renderer crashed' });
  }

  async navigate(request: NavigationRequest, signal: AbortSignal): Promise<NavigationResult> {
    const fetching = this.#fetch(request).catch((error: unknown) => {
      this.#onEvent({ kind: 'navigation', url: request.url, by: 'command', error: String(error) });
      throw error;
    });
    const result = await abortable(abortable(fetching, this.#gone.signal), signal);
    const { kind, url, status } = result;
    if (kind === 'document') this.#document = result;
    if (kind === 'download') this.#onEvent({ kind, name: result.fileName ?? '', url });
    else this.#onEvent({ kind: 'navigation', url, by: 'command', statusCode: status });
    return result;
  }

  /** Its pages keep still. */
  async follow(): Promise<boolean> {
    return true;
  }

  async readOneDocument<T>(read: (document: NavigationResult | undefined) => Promise<T>): Promise<DocumentReading<T>> {
    return { value: await read(this.#document) };
  }

  async read(maxChars: number, signal: AbortSignal): Promise<PageContent> {
    signal.throwIfAborted();
    this.#gone.signal.throwIfAborted();
    if (this.#content.html.length > maxChars) throw new MooringError('RESPONSE_TOO_LARGE', 'too large');
    return { ...this.#content, userAgent: this.#userAgent };
  }

  async extract(): Promise<Extracted> {
    throw new MooringError('UNSUPPORTED_PARAMETER', 'the fake engine extracts nothing');
  }

  async waitForUrl(): Promise<void> {}

  async pdf(): Promise<Uint8Array> {
    return Buffer.from('%PDF-fake');
  }

  /** Every step fails. */
  actor(): PageActor {
    const refuse = () => Promise.reject(new MooringError('UNSUPPORTED_ACTION', 'the fake engine acts on no page'));
    return new Proxy({} as PageActor, { get: () => refuse }); // whatever it is asked for
  }

  async watch({ capture }: WatchOptions): Promise<PageWatch> {
    return {
      aborted: [],
      captured: capture.map(() => undefined),
      dialogs: [],
      popups: [],
      unclaimed: [],
      untilAborted: async () => false,
      untilCaptured: async () => capture.length === 0,
      untilNoBanner: async () => {},
      nextDownload: async () => {
        throw new MooringError('NAVIGATION_TIMEOUT', 'the fake engine downloads nothing');
      },
      [Symbol.dispose]() {},
    };
  }

  record(): PageRecording {
    throw new MooringError('UNSUPPORTED_PARAMETER', 'the fake engine films nothing');
  }

  async screenshot(_options: unknown, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    this.#gone.signal.throwIfAborted();
    return Buffer.from('89504e470d0a1a0a', 'hex');
  }

  /** What it is asked for a small picture of itself; by default that names where it is. */
  onThumbnail = async (_options: ThumbnailOptions, _signal: AbortSignal): Promise<Thumbnail | undefined> => ({
    jpeg: Buffer.from(`picture of ${this.url}`),
    title: /<title>(.*?)<\/title>/s.exec(this.#content.html)?.[1] ?? '',
  });

  async thumbnail(options: ThumbnailOptions, signal: AbortSignal): Promise<Thumbnail | undefined> {
    return abortable(this.onThumbnail(options, signal), signal);
  }

  async pause(): Promise<boolean> {
    return true;
  }

  async resume(): Promise<void> {
    await this.#context.resumeGate;
  }

  async processTime(): Promise<number | undefined> {
    return undefined;
  }

  async settle(): Promise<boolean> {
    return this.alive;
  }

  async close(): Promise<void> {
    this.#gone.abort(new MooringError('BROWSER_FAILED', 'the tab was closed'));
  }

  async #fetch(request: NavigationRequest): Promise<NavigationResult> {
    const answer = await this.#exchange(request);
    const { location } = answer.headers;
    if (answer.status >= 300 && answer.status < 400 && location) {
      const { body: _body, ...rest } = request;
      const url = new URL(location, request.url).href;
      return this.#fetch(answer.status >= 307 ? { ...request, url } : { ...rest, method: 'GET', headers: {}, url });
    }
    const base = {
      status: answer.status,
      method: request.method,
      url: request.url,
      headers: Promise.resolve({ request: answer.sent, response: flat(answer.headers) }),
      redirects: Promise.resolve([]),
      loaded: true,
    };
    if (answer.status === 204) return { kind: 'empty', ...base };
    const disposition = answer.headers['content-disposition'];
    if (disposition?.startsWith('attachment')) {
      const fileName = /filename="?([^";]+)/.exec(disposition)?.[1] ?? '';
      return { kind: 'download', ...base, body: answer.body, fileName };
    }
    const text = answer.body.toString();
    const isText = !/html/.test(answer.headers['content-type'] ?? '');
    this.#content = {
      html: text,
      text: isText
        ? text
        : text
            .replace(/<title>.*?<\/title>/s, '')
            .replace(/<[^>]*>/g, ' ')
            .trim(),
      url: request.url,
      userAgent: this.#userAgent,
      localStorage: {},
    };
    return {
      kind: 'document',
      ...base,
      ...(/image/.test(answer.headers['content-type'] ?? '') ? { body: answer.body } : {}),
    };
  }

  async #exchange(request: NavigationRequest) {
    const cookies = await this.#context.cookies(request.url);
    const sent: Record<string, string> = {
      'user-agent': this.#userAgent,
      ...(cookies.length > 0 ? { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') } : {}),
      ...(request.referer === undefined ? {} : { referer: request.referer }),
      ...request.headers,
      ...(request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) }),
    };
    const { host } = new URL(request.url);
    const { proxyServer } = this.#context;
    // A request to a proxy names the whole URL (RFC 9112 §3.2.2).
    const [target, path] = proxyServer === undefined ? [request.url, {}] : [proxyServer, { path: request.url }];
    return new Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer; sent: Record<string, string> }>(
      (resolve, reject) => {
        const fail = (error: Error): void =>
          reject(new MooringError('NO_RESPONSE', `expected a usable HTTP response: ${error.message}`));
        const outgoing = httpRequest(
          target,
          { ...path, method: request.method, headers: { host, ...sent }, agent: false },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', fail);
            response.on('end', () => {
              for (const line of response.headers['set-cookie'] ?? []) this.#storeLine(line, request.url);
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(chunks),
                sent,
              });
            });
          },
        );
        outgoing.on('error', fail);
        const onGone = (): void => void outgoing.destroy();
        this.#gone.signal.addEventListener('abort', onGone, { once: true });
        outgoing.once('close', () => this.#gone.signal.removeEventListener('abort', onGone));
        outgoing.end(request.body);
      },
    );
  }

  #storeLine(line: string, url: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const attribute = (name: string): string | undefined =>
      attributes.find((part) => part.toLowerCase().startsWith(name))?.split('=')[1] ??
      (attributes.some((part) => part.toLowerCase() === name) ? '' : undefined);
    const maxAge = attribute('max-age');
    this.#context.store({
      name: pair.slice(0, at),
      value: pair.slice(at + 1),
      domain: new URL(url).hostname,
      path: attribute('path') ?? '/',
      expires: maxAge === undefined ? -1 : Math.round(Date.now() / 1000) + Number(maxAge),
      httpOnly: attribute('httponly') !== undefined,
      secure: attribute('secure') !== undefined,
      sameSite: attribute('samesite') === 'Strict' ? 'Strict' : 'Lax',
    });
  }
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join('\n') : (value ?? '')]),
  );
}
