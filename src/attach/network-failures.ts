import type { ProtocolMessage } from '../engine/engine.js';
import type { ErrorCode, MooringError } from '../errors.js';
import { networkErrorName } from '../util/network-error-name.js';
import type { Params } from './client-command.js';

/** How a browser names connections that its proxy, ours, did not make, over http: and https:. */
const names = new Set(['net::ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH', 'net::ERR_TUNNEL_CONNECTION_FAILED']);

/** What a browser says where its own rules refuse a URL. */
const refused = 'ERR_BLOCKED_BY_ADMINISTRATOR';

const namesOfCodes: Partial<Record<ErrorCode, string>> = {
  DESTINATION_FORBIDDEN: refused,
  DOMAIN_NOT_ALLOWED: refused,
  QUOTA_EXCEEDED: refused,
  PROXY_TUNNEL_REFUSED: 'ERR_TUNNEL_CONNECTION_FAILED',
  SOCKS4_CREDENTIALS_REFUSED: 'ERR_SOCKS_CONNECTION_FAILED',
  SOCKS5_CREDENTIALS_REFUSED: 'ERR_SOCKS_CONNECTION_FAILED',
  PROXY_UNREACHABLE: 'ERR_PROXY_CONNECTION_FAILED',
};

/** Requests under way whose URL is kept. Of what is older, the browser's own name goes to the client. */
const maxRequests = 5000;

/**
 * Tells a client why its requests failed. The connections of a session are made by its proxy here, so that the browser
 * knows no more than that its proxy has failed; clients look for `net::ERR_CONNECTION_REFUSED` and the like.
 */
export class NetworkFailures {
  readonly #reasonOf: (url: string) => MooringError | undefined;
  /** URLs of requests and navigations under way. */
  readonly #urls = new Map<string, string>();

  /** @param reasonOf why the last connection for a URL failed, if it did */
  constructor(reasonOf: (url: string) => MooringError | undefined) {
    this.#reasonOf = reasonOf;
  }

  /** Takes note of a navigation. @param key of the command */
  navigates(key: string, url: unknown): void {
    this.#keep(key, String(url));
  }

  /** @param key of the command @returns the answer, with the reason if it is that of a navigation that failed */
  ofAnswer(key: string, answer: ProtocolMessage): ProtocolMessage {
    const result = answer.result as Params | undefined; // an object, as the protocol says
    const errorText = this.#textFor(this.#take(key), result?.errorText);
    return errorText === undefined ? answer : { ...answer, result: { ...result, errorText } };
  }

  /** @returns the event, with the reason if it tells of a request that failed */
  ofEvent(event: ProtocolMessage): ProtocolMessage {
    const { method, sessionId, params = {} } = event;
    const key = `${sessionId} ${params.requestId}`;
    if (method === 'Network.requestWillBeSent') this.#keep(key, (params.request as { readonly url: string }).url);
    else if (method === 'Network.loadingFinished') this.#urls.delete(key);
    else if (method === 'Network.loadingFailed') {
      const errorText = this.#textFor(this.#take(key), params.errorText);
      if (errorText !== undefined) return { ...event, params: { ...params, errorText } };
    }
    return event;
  }

  #keep(key: string, url: string): void {
    if (!/^https?:/i.test(url)) return;
    this.#urls.delete(key);
    this.#urls.set(key, url);
    if (this.#urls.size <= maxRequests) return;
    for (const oldest of this.#urls.keys()) {
      this.#urls.delete(oldest);
      return;
    }
  }

  #take(key: string): string | undefined {
    const url = this.#urls.get(key);
    this.#urls.delete(key);
    return url;
  }

  #textFor(url: string | undefined, errorText: unknown): string | undefined {
    if (url === undefined || !names.has(String(errorText))) return undefined;
    const reason = this.#reasonOf(url);
    const name = reason && (namesOfCodes[reason.code] ?? networkErrorName(reason));
    return name === undefined ? undefined : `net::${name}`;
  }
}
