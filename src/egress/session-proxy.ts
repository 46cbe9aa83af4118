import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { type ErrorCode, MooringError } from '../errors.js';
import type { DomainHosts } from '../protocol/values/domain-list.js';
import type { ProxyAddress } from '../protocol/values/proxy-address.js';
import type { AddressGuard } from './address-guard.js';
import { connectToProxy, type Destination, dial, ProxyError, type Resolve, type Route } from './dial.js';
import { DialingAgent } from './dialing-agent.js';
import { destinationOf, EgressPolicy } from './egress-policy.js';
import { forwardRequest, maxHeaderSize } from './forward-request.js';
import { HttpClient } from './http-client.js';
import { Meter } from './meter.js';
import { type BlockedHost, RequestLog } from './request-log.js';
import type { Upstream } from './upstream.js';

export interface SessionProxyOptions {
  readonly upstream: Upstream;
  readonly guard: AddressGuard;
  /** Rules for the session's whole life. */
  readonly domains: DomainHosts;
  /** How many bytes, both ways, the session may move. If omitted, any. */
  readonly maxBytes?: number | undefined;
  /** How long until a connection stands. */
  readonly connectTimeoutMs: number;
  /** The authorities that may certify `https://` proxies, PEM. If omitted, those that Node knows. */
  readonly proxyCa?: readonly string[] | undefined;
}

/** A session's proxy while one command uses it. Dispose it when the command is over. */
export interface EgressRequest extends Disposable {
  /**
   * Takes note that the caller itself goes to this URL.
   *
   * @throws MooringError `DESTINATION_FORBIDDEN`, `DOMAIN_NOT_ALLOWED`
   */
  name(url: string): void;
  /** Hosts that were refused since it began. */
  readonly blocked: readonly BlockedHost[];
  /** Why a connection for this URL failed since it began, if one did. */
  failure(url: string): MooringError | undefined;
}

/** What a host that is answered here has at a path; nothing: 404. */
export type Serve = (
  path: string,
  headers: Readonly<Record<string, string>>,
) => { readonly type: string; readonly body: string } | undefined;

const flatHeaders = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** Longer than any name, so that a refusal tells it; of what is longer still nothing is remembered. */
const maxHostLength = 1000;

/**
 * The response to a plain HTTP request that failed. Browsers take it for a network error, which no page can read. If the
 * connection only closed, they would send the request again, a POST too.
 */
const unusableResponse = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n';

/**
 * One session's way to the network: an HTTP proxy on a local port, the only one that its browser knows.
 *
 * ```
 * browser ── CONNECT host:port ──▶ policy ─▶ dial(route) ──▶ bytes both ways
 * browser ── GET http://host/… ──▶ policy ─▶ kept-alive connections over dial(route), or to an http(s) proxy
 * ```
 *
 * A connection that does not come about is answered in a way that the page sees as a failed request; the reason is kept
 * for the reply. Route and rules can be replaced while it is open; the next connection obeys, and tunnels
 * that they no longer allow are closed.
 */
export class SessionProxy {
  readonly meter: Meter;
  readonly #options: SessionProxyOptions;
  readonly #policy: EgressPolicy;
  readonly #server: Server;
  /** The browser's own connections, and what each leads to where that is known. */
  readonly #sockets = new Map<Socket, Destination | undefined>();
  readonly #over = new AbortController();
  #upstream: Upstream;
  #client: HttpClient | undefined;
  /** Hosts that are answered here. */
  readonly #served = new Map<string, Serve>();
  #agents: { readonly kept: DialingAgent; readonly fresh: DialingAgent };
  readonly #log = new RequestLog();
  #onFailure: (host: string, code: ErrorCode) => void = () => {};
  #closed: Promise<void> | undefined;

  constructor(options: SessionProxyOptions) {
    this.#options = options;
    this.#policy = new EgressPolicy(options);
    this.#upstream = options.upstream;
    this.meter = new Meter({ upstreamClass: options.upstream.class, maxBytes: options.maxBytes });
    this.#agents = this.#newAgents();
    setMaxListeners(0, this.#over.signal); // every connection that is being opened listens
    this.#server = createServer({
      keepAlive: true,
      requestTimeout: 0,
      connectionsCheckingInterval: 600_000,
      maxHeaderSize,
    });
    this.#server.keepAliveTimeout = 0; // the browser knows itself when to drop an idle connection
    this.#server.on('connection', (socket) => this.#track(socket, undefined));
    this.#server.on('connect', (request, socket, head) => void this.#tunnel(request, socket as Socket, head)); // a TCP server's
    this.#server.on('request', (request, response) => this.#forward(request, response));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Listens on a free port of the loopback. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    this.#options.guard.ownPorts.add(this.#port);
  }

  /** What the browser is told to use, `http://127.0.0.1:<port>`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** HTTP without a browser, through this proxy. */
  get client(): HttpClient {
    this.#client ??= new HttpClient(this.url);
    return this.#client;
  }

  /** Answers plain HTTP for a host itself, until it is disposed. Nothing of it goes out or is counted. */
  serve(host: string, answer: Serve): Disposable {
    this.#served.set(host, answer);
    return { [Symbol.dispose]: () => void this.#served.delete(host) };
  }

  /** Tells of each connection that does not come about from now on, with the code of why. One listener. */
  onFailure(listener: (host: string, code: ErrorCode) => void): void {
    this.#onFailure = listener;
  }

  get upstream(): Upstream {
    return this.#upstream;
  }

  /** Begins what one command does. */
  beginRequest(domains: DomainHosts): EgressRequest {
    this.#policy.setRequestRules(domains);
    this.#log.clear();
    this.#closeDisallowed();
    const log = this.#log;
    return {
      name: (url) => this.#policy.name(url),
      get blocked() {
        return log.blocked;
      },
      failure: (url) => log.failure(url),
      [Symbol.dispose]: () => {
        this.#policy.setRequestRules({});
        this.#closeDisallowed();
      },
    };
  }

  /** Lowers how many bytes may be moved, those that have been moved counted. @returns false if they are as few already */
  lowerMaxBytes(maxBytes: number): boolean {
    const wasLimited = this.meter.isLimited;
    if (!this.meter.lowerLimit(maxBytes)) return false;
    // Connections of a session without a limit are not watched; those that follow are.
    if (!wasLimited) for (const socket of this.#sockets.keys()) socket.destroy();
    return true;
  }

  /** Sends everything out by another upstream from now on; what runs through the old one is closed. */
  move(upstream: Upstream): void {
    const [before, agents] = [this.#upstream, this.#agents];
    this.#upstream = upstream;
    this.meter.changeClass(upstream.class);
    this.#agents = this.#newAgents();
    for (const socket of this.#sockets.keys()) socket.destroy();
    agents.kept.destroy();
    agents.fresh.destroy();
    before.release();
  }

  /** Stops listening and closes every connection. Idempotent: repeated calls return the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#over.abort(new MooringError('BROWSER_FAILED', 'expected an open session; its egress port is closed.'));
    if (this.#server.listening) this.#options.guard.ownPorts.delete(this.#port);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets.keys()) socket.destroy();
    this.#agents.kept.destroy();
    this.#agents.fresh.destroy();
    await this.#client?.close();
    this.#upstream.release();
    await closed;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port; // listening on TCP
  }

  #track(socket: Socket, to: Destination | undefined): void {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // the other side let go; `close` follows
    this.#sockets.set(socket, to);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** @throws MooringError `QUOTA_EXCEEDED`, `DOMAIN_NOT_ALLOWED`, `DESTINATION_FORBIDDEN` */
  #assertAllowed(to: Destination): void {
    this.meter.assertQuota();
    this.#policy.assertDomain(to);
    // If the proxy resolves the name, nothing more can be checked here.
    this.#options.guard.assertName(this.#policy.describe(to));
  }

  readonly #resolve: Resolve = (to, as, signal) =>
    as === 'proxy'
      ? this.#options.guard.resolve({ ...to, namedBy: this.#upstream.namedBy, isProxy: true }, signal, this.#policy)
      : this.#policy.resolve(to, signal);

  get #dialOptions() {
    const { connectTimeoutMs, proxyCa, guard } = this.#options;
    const { namedBy } = this.#upstream;
    const assertProxy = (proxy: ProxyAddress): void => guard.assertPort({ ...proxy, namedBy, isProxy: true });
    return { resolve: this.#resolve, assertProxy, timeoutMs: connectTimeoutMs, proxyCa, signal: this.#over.signal };
  }

  async #dial(to: Destination): Promise<Socket> {
    const upstream = this.#upstream;
    return this.#counted(upstream, to, dial(to, { ...this.#dialOptions, route: upstream.route }));
  }

  /** A connection to the HTTP proxy itself, which takes requests for plain HTTP as they are. */
  #dialProxy(proxy: ProxyAddress): Promise<Socket> {
    return this.#counted(this.#upstream, undefined, connectToProxy(proxy, this.#dialOptions));
  }

  async #counted(upstream: Upstream, to: Destination | undefined, opening: Promise<Socket>): Promise<Socket> {
    try {
      const socket = await opening;
      upstream.report(true);
      this.#track(socket, to);
      this.meter.count(socket);
      // Between the dial and its end the session may have been moved or closed.
      if (upstream !== this.#upstream || this.#over.signal.aborted) socket.destroy();
      return socket;
    } catch (error) {
      // A destination that is silent behind it is not the proxy's fault: pages could put proxies aside.
      if (error instanceof ProxyError && (!error.reached || error.fault === 'credentials')) upstream.report(false);
      throw error;
    }
  }

  async #tunnel(request: IncomingMessage, browser: Socket, head: Buffer): Promise<void> {
    const to = parseAuthority(request.url ?? '');
    if (!to) {
      browser.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    try {
      this.#assertAllowed(to);
      const remote = await this.#dial(to);
      if (browser.destroyed || remote.destroyed) {
        remote.destroy();
        browser.destroy();
        return;
      }
      this.#sockets.set(browser, to);
      browser.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) remote.write(head);
      this.#watchQuota(remote, browser);
      this.#watchQuota(browser, remote);
      // Each end that closes or fails takes the other with it.
      pipeline(browser, remote, browser, () => {});
    } catch (error) {
      this.#remember(to, error);
      browser.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url && URL.canParse(request.url) ? new URL(request.url) : undefined;
    if (url?.protocol !== 'http:' || url.hostname.length > maxHostLength) {
      response.destroy(); // no proxy request: not one of the session's browser
      return;
    }
    const served = this.#served.get(url.hostname);
    if (served) {
      const file = served(url.pathname, flatHeaders(request.headers));
      response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain', 'cache-control': 'no-store' });
      response.end(file?.body ?? '');
      return;
    }
    const to = destinationOf(url.href);
    const fail = (error: unknown): void => {
      this.#remember(to, error);
      if (response.headersSent) response.destroy();
      else request.socket.end(unusableResponse);
    };
    try {
      this.#assertAllowed(to);
    } catch (error) {
      fail(error);
      return;
    }
    const proxy = httpProxyOf(this.#upstream.route);
    this.#watchQuota(request, request.socket);
    forwardRequest(request, response, {
      url,
      to,
      proxy,
      agent: this.#agents.kept,
      freshAgent: this.#agents.fresh,
      onAnswer: (answer) => this.#watchQuota(answer, response),
      fail: (error) => {
        if (error instanceof ProxyError && error.fault === 'credentials') this.#upstream.report(false);
        fail(error);
      },
    });
  }

  #newAgents(): { readonly kept: DialingAgent; readonly fresh: DialingAgent } {
    const proxy = httpProxyOf(this.#upstream.route);
    const open = (to: Destination): Promise<Socket> => (proxy ? this.#dialProxy(proxy) : this.#dial(to));
    return { kept: new DialingAgent({ open, keepAlive: true }), fresh: new DialingAgent({ open, keepAlive: false }) };
  }

  #watchQuota(source: NodeJS.ReadableStream, sink: { destroy(): unknown }): void {
    if (!this.meter.isLimited) return;
    source.on('data', () => {
      if (!this.meter.isUsedUp) return;
      if (!this.#over.signal.aborted) this.#log.addForAll(this.meter.quotaError());
      sink.destroy();
    });
  }

  #closeDisallowed(): void {
    for (const [socket, to] of this.#sockets) {
      if (!to) continue;
      try {
        this.#policy.assertDomain(to);
      } catch {
        socket.destroy(); // its next connection is refused, and remembered then
      }
    }
  }

  #remember(to: Destination, error: unknown): void {
    if (this.#over.signal.aborted) return;
    const code = this.#log.add(to, error);
    if (to.host !== '') this.#onFailure(to.host, code);
  }
}

/** The proxy of a route, if it is one that speaks HTTP. */
function httpProxyOf(route: Route): ProxyAddress | undefined {
  return route.kind === 'proxy' && !route.proxy.protocol.startsWith('socks') ? route.proxy : undefined;
}

/** `host:port` as a browser writes it (RFC 9112 §3.2.3); nothing: it is none. */
function parseAuthority(text: string): Destination | undefined {
  if (
    !/^(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+):\d{1,5}$/i.test(text) ||
    text.length > maxHostLength ||
    !URL.canParse(`http://${text}`)
  )
    return undefined;
  return destinationOf(`http://${text}`);
}
