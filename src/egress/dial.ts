import type { LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SocksClient } from 'socks';
import { type ErrorCode, errorMessage, MooringError } from '../errors.js';
import { describeProxy, type ProxyAddress } from '../protocol/values/proxy-address.js';
import { abortable, Deadline } from '../util/deadline.js';
import { networkProblem } from '../util/network-problem.js';

/** What was wrong with a proxy: not reached, credentials refused, tunnel refused, or no answer in time. */
export type ProxyFault = 'unreachable' | 'credentials' | 'denied' | 'slow';

/** A connection that did not come about because of the proxy. */
export class ProxyError extends MooringError {
  readonly fault: ProxyFault;
  /** Whether the proxy had taken the connection by then. */
  readonly reached: boolean;

  constructor(fault: ProxyFault, code: ErrorCode, detail: string, options: { cause?: unknown; reached: boolean }) {
    super(code, detail, { cause: options.cause });
    this.fault = fault;
    this.reached = options.reached;
  }
}

/** Where a connection is to end. */
export interface Destination {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** How a connection leaves: straight, or through a proxy. Names are resolved here for the first, there for the second. */
export type Route = { readonly kind: 'direct' } | { readonly kind: 'proxy'; readonly proxy: ProxyAddress };

/** The addresses to connect to: those of a destination, or of the proxy. @throws MooringError */
export type Resolve = (
  to: Destination,
  as: 'destination' | 'proxy',
  signal: AbortSignal,
) => Promise<readonly LookupAddress[]>;

export interface DialOptions {
  readonly route: Route;
  readonly resolve: Resolve;
  /** Refuses a proxy that has taken the connection, before a byte is sent. @throws MooringError */
  readonly assertProxy: (proxy: ProxyAddress) => void;
  /** How long a proxy may take until the tunnel stands, or a destination until it takes the connection. */
  readonly timeoutMs: number;
  /** The authorities that may certify `https://` proxies, PEM. If omitted, those that Node knows. */
  readonly proxyCa?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/**
 * Opens a connection that carries bytes to the destination.
 *
 * ```
 * direct  ─────────────────────────────▶ destination
 * http(s) ── CONNECT host:port ──▶ proxy ─▶ destination
 * socks   ── handshake, host:port ─▶ proxy ─▶ destination
 * ```
 *
 * @throws MooringError `PROXY_UNREACHABLE` the proxy cannot be reached, `PROXY_TUNNEL_REFUSED` it refuses, `SOCKS4_CREDENTIALS_REFUSED`, `SOCKS5_CREDENTIALS_REFUSED` it
 *   refuses the SOCKS credentials, `PROXY_TIMEOUT` it is too slow, `NO_RESPONSE` the destination cannot be reached directly;
 *   the signal's reason when it aborts first
 */
export async function dial(to: Destination, { route, timeoutMs, signal, ...rest }: DialOptions): Promise<Socket> {
  let reached = false;
  using deadline = new Deadline({
    ms: timeoutMs,
    reason: () => tooSlow(to, route, timeoutMs, reached),
    parent: signal,
  });
  if (route.kind === 'direct') {
    const addresses = await abortable(rest.resolve(to, 'destination', deadline.signal), deadline.signal);
    return await connect(to, addresses, deadline.signal, (error) => unreachable(to, error));
  }
  const { proxy } = route;
  const socket = await connectOrSecure(proxy, { ...rest, signal: deadline.signal });
  reached = true;
  try {
    return proxy.protocol.startsWith('socks')
      ? await throughSocks(socket, proxy, to, deadline.signal)
      : await throughConnect(socket, proxy, to, deadline.signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A connection to the proxy itself. @throws MooringError `PROXY_UNREACHABLE`, `PROXY_TIMEOUT` */
export async function connectToProxy(
  proxy: ProxyAddress,
  { timeoutMs, signal, ...rest }: Omit<DialOptions, 'route'>,
): Promise<Socket> {
  const reason = (): MooringError => tooSlow(proxy, { kind: 'proxy', proxy }, timeoutMs, false);
  using deadline = new Deadline({ ms: timeoutMs, reason, parent: signal });
  return await connectOrSecure(proxy, { ...rest, signal: deadline.signal });
}

/** TCP, with TLS over it for `https://`. */
async function connectOrSecure(
  proxy: ProxyAddress,
  { resolve, assertProxy, proxyCa, signal }: Omit<DialOptions, 'route' | 'timeoutMs'>,
): Promise<Socket> {
  const fail = (error: Error): MooringError => proxyUnreachable(proxy, error, false);
  const socket = await connect(proxy, await proxyAddresses(proxy, resolve, signal), signal, fail);
  try {
    assertProxy(proxy);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (proxy.protocol !== 'https') return socket;
  const ca = proxyCa && [...proxyCa];
  const secure = connectTls({ socket, ca, ...(isIP(proxy.host) ? {} : { servername: proxy.host }), host: proxy.host });
  return opened(secure, 'secureConnect', signal, fail);
}

/** The `Proxy-Authorization` of an HTTP proxy, if it has credentials (RFC 7617). */
export function proxyAuthorization({ username, password }: ProxyAddress): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The failure that a proxy's own answer to a plain request or a CONNECT means. */
export function proxyRefusal(proxy: ProxyAddress, status: number, to: Destination): ProxyError {
  const why = status === 407 ? 'refuses the credentials (407)' : `answers ${status}`;
  const detail = `expected the proxy ${describeProxy(proxy)} to open a tunnel to ${nameOf(to)}; it ${why}.`;
  return new ProxyError(status === 407 ? 'credentials' : 'denied', 'PROXY_TUNNEL_REFUSED', detail, { reached: true });
}

/** A proxy whose name is not known cannot be reached, which is not the fault of the destination. */
async function proxyAddresses(
  proxy: ProxyAddress,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  try {
    return await abortable(resolve(proxy, 'proxy', signal), signal);
  } catch (error) {
    throw error instanceof MooringError && error.code === 'NO_RESPONSE' ? proxyUnreachable(proxy, error, false) : error;
  }
}

/** Connects to the addresses given, and to no others that the name may have by now. */
function connect(
  { host, port }: Destination,
  addresses: readonly LookupAddress[],
  signal: AbortSignal,
  fail: (error: Error) => MooringError,
): Promise<Socket> {
  const pinned: LookupFunction = (_host, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
  return opened(connectTcp({ host, port, lookup: pinned, noDelay: true }), 'connect', signal, fail);
}

function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  fail: (error: Error) => MooringError,
): Promise<S> {
  const open = new Promise<S>((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.once('error', (error) => reject(fail(error)));
    socket.once('close', () =>
      reject(fail(Object.assign(new Error('it closed the connection'), { code: 'ECONNRESET' }))),
    );
  });
  return abortable(open, signal).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
}

function throughConnect(socket: Socket, proxy: ProxyAddress, to: Destination, signal: AbortSignal): Promise<Socket> {
  const authority = nameOf(to);
  const authorization = proxyAuthorization(proxy);
  const tunnel = new Promise<Socket>((resolve, reject) => {
    const connectRequest = httpRequest({
      createConnection: () => socket,
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...(authorization ? { 'proxy-authorization': authorization } : {}) },
    });
    connectRequest.once('connect', (response, _socket, head) => {
      if (response.statusCode !== 200) return reject(proxyRefusal(proxy, response.statusCode ?? 0, to));
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    // Some proxies answer a refused CONNECT as if it were a request for a page.
    connectRequest.once('response', (response) => reject(proxyRefusal(proxy, response.statusCode ?? 0, to)));
    connectRequest.on('error', (error) => reject(proxyUnreachable(proxy, error, true)));
    connectRequest.end();
  });
  return abortable(tunnel, signal);
}

/** What the SOCKS client says, and the code for it. The first row that fits counts. */
const socksFailures: readonly {
  readonly pattern: RegExp;
  readonly fault: ProxyFault;
  readonly code: ErrorCode;
  readonly why: string;
}[] = [
  // RFC 1929: the answer to user name and password was not success.
  {
    pattern: /Socks5 Authentication failed/i,
    fault: 'credentials',
    code: 'SOCKS5_CREDENTIALS_REFUSED',
    why: 'refuses the user name or password',
  },
  // RFC 1928 §3: X'FF', no acceptable method: it wants credentials and got none.
  {
    pattern: /no accepted authentication type/i,
    fault: 'credentials',
    code: 'SOCKS5_CREDENTIALS_REFUSED',
    why: 'wants a user name and password',
  },
  // SOCKS4 replies 92 and 93: the user ID could not be confirmed.
  {
    pattern: /Socks4.*\(Rejected(Ident)?\)/i,
    fault: 'credentials',
    code: 'SOCKS4_CREDENTIALS_REFUSED',
    why: 'refuses the user ID',
  },
  { pattern: /rejected connection/i, fault: 'denied', code: 'PROXY_TUNNEL_REFUSED', why: 'refuses the tunnel' },
];

/**
 * Lets what a listener of the socket throws end the socket, and not the process. For as long as a library listens that
 * encodes what others have written.
 */
function endsByItself(socket: Socket): Disposable {
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string | symbol, ...values: unknown[]): boolean => {
    try {
      return emit(event, ...values);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error('a listener failed', { cause: error }));
      return false;
    }
  };
  return { [Symbol.dispose]: () => Reflect.deleteProperty(socket, 'emit') }; // that of its class is back
}

async function throughSocks(
  socket: Socket,
  proxy: ProxyAddress,
  to: Destination,
  signal: AbortSignal,
): Promise<Socket> {
  using _guard = endsByItself(socket);
  const handshake = SocksClient.createConnection({
    proxy: {
      host: proxy.host,
      port: proxy.port,
      type: proxy.protocol.startsWith('socks4') ? 4 : 5,
      ...(proxy.username === '' && proxy.password === '' ? {} : { userId: proxy.username, password: proxy.password }),
    },
    command: 'connect',
    // A name is sent as it is (SOCKS4 becomes 4a): the proxy resolves it.
    destination: to,
    existing_socket: socket,
  });
  try {
    await abortable(handshake, signal);
    return socket;
  } catch (error) {
    if (error instanceof MooringError || signal.aborted) throw error;
    const message = errorMessage(error);
    const row = socksFailures.find(({ pattern }) => pattern.test(message));
    if (!row) throw proxyUnreachable(proxy, error, true, 'it does not answer as a SOCKS proxy');
    throw new ProxyError(
      row.fault,
      row.code,
      `expected the proxy ${describeProxy(proxy)} to open a tunnel to ${nameOf(to)}; it ${row.why}.`,
      { cause: error, reached: true },
    );
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export const nameOf = ({ host, port }: Destination): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function proxyUnreachable(proxy: ProxyAddress, error: unknown, reached: boolean, otherwise?: string): MooringError {
  return new ProxyError(
    'unreachable',
    'PROXY_UNREACHABLE',
    `expected the proxy ${describeProxy(proxy)} to take the connection; ${networkProblem(error, otherwise)}.`,
    { cause: error, reached },
  );
}

function unreachable(to: Destination, error: Error): MooringError {
  return new MooringError('NO_RESPONSE', `expected ${nameOf(to)} to take the connection; ${networkProblem(error)}.`, {
    cause: error,
  });
}

function tooSlow(to: Destination, route: Route, timeoutMs: number, reached: boolean): MooringError {
  if (route.kind === 'direct') {
    return new MooringError(
      'NO_RESPONSE',
      `expected ${nameOf(to)} to take the connection within ${timeoutMs} ms; it did not.`,
    );
  }
  return new ProxyError(
    'slow',
    'PROXY_TIMEOUT',
    `expected the proxy ${describeProxy(route.proxy)} to open a tunnel to ${nameOf(to)} within ${timeoutMs} ms; it did not.`,
    { reached },
  );
}
