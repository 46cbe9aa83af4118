import { setMaxListeners } from 'node:events';
import {
  Agent,
  type ClientRequestArgs,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { MooringError } from '../errors.js';
import type { ProxyAddress } from './proxy-url.js';
import { connectToProxy, type Destination, dial, proxyAuthorization, proxyRefusal, type Route } from './upstream.js';

export interface EgressPortOptions {
  readonly route: Route;
  /** How long until a connection stands. */
  readonly connectTimeoutMs: number;
}

/** Why a connection did not come about, for whoever has to tell the caller. */
export interface EgressFailure {
  readonly host: string;
  /** `performance.now()` at that moment. */
  readonly at: number;
  readonly error: MooringError;
}

/** How many failures are remembered: enough to find the one of a page among those of its assets. */
const rememberedFailures = 64;

/** Headers between a client and its proxy (RFC 9110 §7.6.1); the destination must not see them. */
const proxyHeaders = new Set(['proxy-connection', 'proxy-authorization', 'proxy-authenticate']);

/**
 * One session's door to the network: an HTTP proxy on a local port, the only one that its browser knows.
 *
 * ```
 * browser ── CONNECT host:port ──▶ tunnel ──▶ dial(route) ──▶ bytes both ways
 * browser ── GET http://host/… ──▶ forward ─▶ kept-alive connections over dial(route), or to an http(s) proxy
 * ```
 *
 * A connection that does not come about is closed without an answer, so that the page sees a failed request; the reason
 * is kept for whoever answers the caller.
 */
export class EgressPort {
  readonly #options: EgressPortOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #over = new AbortController();
  readonly #agent: Agent;
  #failures: EgressFailure[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: EgressPortOptions) {
    this.#options = options;
    setMaxListeners(0, this.#over.signal); // every connection that is being opened listens
    this.#agent = new DialingAgent((to) => (httpProxyOf(options.route) ? this.#dialProxy() : this.#dial(to)));
    this.#server = createServer({ keepAlive: true, requestTimeout: 0, connectionsCheckingInterval: 600_000 });
    // The browser keeps idle connections itself, and knows when to drop them.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', (socket) => this.#track(socket));
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
  }

  /** What the browser is told to use, `http://127.0.0.1:<port>`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // listening on TCP
  }

  /**
   * Why a navigation that began at that moment failed, if it failed here: the last failure for its host, or else the
   * last one (it may have been sent on elsewhere).
   */
  failureSince(startedAt: number, host: string): MooringError | undefined {
    const recent = this.#failures.filter((failure) => failure.at >= startedAt);
    return (recent.findLast((failure) => failure.host === host) ?? recent.at(-1))?.error;
  }

  /** Closes the port and every connection through it. Twice is the same promise. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#over.abort(new MooringError('CODE-0026', 'expected an open session; its egress port is closed.'));
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    this.#agent.destroy();
    await closed;
  }

  #track(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // the browser let go; `close` follows
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  async #dial(to: Destination): Promise<Socket> {
    const { route, connectTimeoutMs } = this.#options;
    const socket = await dial(to, { route, timeoutMs: connectTimeoutMs, signal: this.#over.signal });
    this.#track(socket);
    return socket;
  }

  /** A connection to the HTTP proxy itself, which takes requests for plain HTTP as they are. */
  async #dialProxy(): Promise<Socket> {
    const proxy = httpProxyOf(this.#options.route);
    if (!proxy) throw new Error('the route has no HTTP proxy');
    const socket = await connectToProxy(proxy, this.#options.connectTimeoutMs, this.#over.signal);
    this.#track(socket);
    return socket;
  }

  async #tunnel(request: IncomingMessage, browser: Socket, head: Buffer): Promise<void> {
    const to = parseAuthority(request.url ?? '');
    if (!to) {
      browser.destroy();
      return;
    }
    try {
      const remote = await this.#dial(to);
      if (browser.destroyed) {
        remote.destroy();
        return;
      }
      browser.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) remote.write(head);
      // Each end that closes or fails takes the other with it.
      pipeline(browser, remote, browser, () => {});
    } catch (error) {
      this.#remember(to, error);
      browser.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url && URL.canParse(request.url) ? new URL(request.url) : undefined;
    if (url?.protocol !== 'http:') {
      response.destroy(); // no proxy request: nobody but a stranger sends one
      return;
    }
    const to: Destination = { host: bare(url.hostname), port: Number(url.port || 80) };
    const fail = (error: unknown): void => {
      this.#remember(to, error);
      response.destroy();
    };
    const outgoing = httpRequest(this.#outgoing(request, url, to), (answer) => {
      const proxy = httpProxyOf(this.#options.route);
      if (answer.statusCode === 407 && proxy) {
        answer.destroy();
        fail(proxyRefusal(proxy, 407, to));
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      pipeline(answer, response, () => {}); // an answer that breaks off breaks off at the browser too
    });
    outgoing.once('error', fail);
    response.once('close', () => outgoing.destroy());
    pipeline(request, outgoing, () => {}); // failures come as `error` of the outgoing request
  }

  #outgoing(request: IncomingMessage, url: URL, to: Destination): RequestOptions {
    const proxy = httpProxyOf(this.#options.route);
    const authorization = proxy && proxyAuthorization(proxy);
    // As a flat list, the names and their order stay the browser's own.
    const headers: string[] = [];
    for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
      const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
      if (name.toLowerCase() === 'proxy-connection') headers.push('Connection', value);
      else if (!proxyHeaders.has(name.toLowerCase())) headers.push(name, value);
    }
    if (authorization) headers.push('Proxy-Authorization', authorization);
    return {
      agent: this.#agent,
      host: proxy?.host ?? to.host,
      port: proxy?.port ?? to.port,
      method: request.method ?? 'GET',
      path: proxy ? url.href : `${url.pathname}${url.search}`,
      headers,
      setHost: false,
      insecureHTTPParser: true, // a browser takes what the strict parser refuses
    };
  }

  #remember(to: Destination, error: unknown): void {
    if (this.#over.signal.aborted) return;
    const known =
      error instanceof MooringError
        ? error
        : new MooringError('CODE-0006', `expected a usable HTTP response from ${to.host}; the connection broke off.`, {
            cause: error,
          });
    this.#failures.push({ host: to.host, at: performance.now(), error: known });
    if (this.#failures.length > rememberedFailures) this.#failures = this.#failures.slice(-rememberedFailures / 2);
  }
}

/** Kept-alive connections that are opened by dialling. */
class DialingAgent extends Agent {
  readonly #open: (to: Destination) => Promise<Socket>;

  constructor(open: (to: Destination) => Promise<Socket>) {
    super({ keepAlive: true, maxFreeSockets: 16 });
    this.#open = open;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const done = callback as (error: Error | null, socket?: Duplex) => void; // Node's agent always passes one
    this.#open({ host: options.host ?? '', port: Number(options.port) }).then(
      (socket) => done(null, socket),
      (error: Error) => done(error),
    );
  }
}

/** The proxy of a route, if it is one that speaks HTTP. */
function httpProxyOf(route: Route): ProxyAddress | undefined {
  return route.kind === 'proxy' && !route.proxy.protocol.startsWith('socks') ? route.proxy : undefined;
}

function parseAuthority(text: string): Destination | undefined {
  if (!URL.canParse(`http://${text}`)) return undefined;
  const { hostname, port } = new URL(`http://${text}`);
  return hostname === '' ? undefined : { host: bare(hostname), port: Number(port || 80) };
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
