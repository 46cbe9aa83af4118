import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { pipeline } from 'node:stream';
import type { ProxyAddress } from '../protocol/values/proxy-address.js';
import { type Destination, proxyAuthorization, proxyRefusal } from './dial.js';

export interface ForwardOptions {
  readonly url: URL;
  readonly to: Destination;
  /** The HTTP proxy that forwards the request in turn. If omitted, it goes to its destination. */
  readonly proxy: ProxyAddress | undefined;
  /** Connections that are used again, for requests that may be sent twice. */
  readonly agent: Agent;
  /** A connection of its own, for those that must not. */
  readonly freshAgent: Agent;
  /** Told of every answer that is passed on. */
  readonly onAnswer: (answer: IncomingMessage) => void;
  /** Told once when there is no answer to pass on. */
  readonly fail: (error: unknown) => void;
}

/** What Chromium takes; Node's own limit of 16 KB is less than the cookies of some sites. */
export const maxHeaderSize = 256 * 1024;

/** Headers between a client and its proxy (RFC 9110 §7.6.1); the destination must not see them. */
const proxyHeaders = new Set(['proxy-connection', 'proxy-authorization', 'proxy-authenticate']);

/** Requests that may be sent twice without doing harm (RFC 9110 §9.2.2): those without a body that only read. */
const isRepeatable = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  !headers['transfer-encoding'] &&
  Number(headers['content-length'] ?? 0) === 0;

/**
 * Sends a request that a browser made to its proxy on to where it is meant for, and the answer back.
 *
 * A connection that was kept alive may be gone at the other side just when it is used again: a request that may be sent
 * twice is, then; others get a connection of their own from the start.
 */
export function forwardRequest(request: IncomingMessage, response: ServerResponse, options: ForwardOptions): void {
  const repeatable = isRepeatable(request);
  let current: ClientRequest | undefined;
  let isOver = false;
  response.once('close', () => {
    isOver = true;
    current?.destroy();
  });

  const send = (agent: Agent, mayRepeat: boolean): void => {
    let outgoing: ClientRequest;
    try {
      outgoing = httpRequest(outgoingOptions(request, options, agent));
    } catch (error) {
      options.fail(error); // a path or header that Node does not write
      return;
    }
    current = outgoing;
    outgoing.once('response', (answer) => passOn(answer, response, options));
    outgoing.once('upgrade', (_answer, socket) => {
      socket.destroy();
      options.fail(new Error('the site changed the protocol unasked'));
    });
    outgoing.on('error', (error) => {
      // The browser has given it up: the end of the connection is of its own making.
      if (isOver || current !== outgoing) return;
      if (mayRepeat && outgoing.reusedSocket && !response.headersSent) send(options.freshAgent, false);
      else options.fail(error);
    });
    if (repeatable) outgoing.end();
    else pipeline(request, outgoing, () => {}); // failures come as `error` of the outgoing request
  };
  if (repeatable) request.resume();
  send(repeatable ? options.agent : options.freshAgent, repeatable);
}

function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  { proxy, to, onAnswer, fail }: ForwardOptions,
): void {
  if (answer.statusCode === 407 && proxy) {
    answer.destroy();
    fail(proxyRefusal(proxy, 407, to));
    return;
  }
  try {
    response.writeHead(answer.statusCode ?? 0, printable(answer.statusMessage), writableHeaders(answer.rawHeaders));
  } catch (error) {
    answer.destroy(); // a status that is none
    fail(error);
    return;
  }
  onAnswer(answer);
  pipeline(answer, response, () => {}); // an answer that breaks off breaks off at the browser too
}

function outgoingOptions(request: IncomingMessage, { url, to, proxy }: ForwardOptions, agent: Agent): RequestOptions {
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
    agent,
    host: proxy?.host ?? to.host,
    port: proxy?.port ?? to.port,
    method: request.method ?? 'GET',
    path: proxy ? url.href : `${url.pathname}${url.search}`,
    headers,
    setHost: false,
    insecureHTTPParser: true, // a browser takes what the strict parser refuses
    maxHeaderSize,
  };
}

/** A reason phrase that Node writes: a site may send any bytes for it. */
const printable = (text = ''): string => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');

/** The headers that Node writes. A site may send what its lenient parser takes and its writer throws at. */
function writableHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = raw.slice(i, i + 2);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      kept.push(name, value);
    } catch {
      if (/^[\w-]+$/.test(name)) kept.push(name, printable(value));
    }
  }
  return kept;
}
