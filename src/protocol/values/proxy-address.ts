import { isIP } from 'node:net';
import { MooringError } from '../../errors.js';

export const proxyProtocols = ['http', 'https', 'socks4', 'socks4a', 'socks5', 'socks5h'] as const;
export type ProxyProtocol = (typeof proxyProtocols)[number];

/** A proxy, as a caller or the pool names it. */
export interface ProxyAddress {
  readonly protocol: ProxyProtocol;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** Of a domain name, written out (RFC 1035 §2.3.4). */
const maxHostLength = 253;

const defaultPorts: Readonly<Record<ProxyProtocol, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
};

/**
 * Reads `protocol://user:password@host:port`. User and password may be percent-encoded or not, so that a password with
 * `@`, `:` or `#` in it works as it is; `http://:@host:port` has no credentials.
 *
 * @throws MooringError `INVALID_PARAMETER`; the message never repeats the credentials
 */
export function parseProxyUrl(text: string): ProxyAddress {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(text.trim()) ?? [];
  const protocol = proxyProtocols.find((name) => name === scheme.toLowerCase());
  if (!protocol) {
    throw invalid(`a URL that starts with ${proxyProtocols.map((name) => `${name}://`).join(', ')}`);
  }
  // The last @ parts credentials and address: a password may hold others.
  const at = rest.lastIndexOf('@');
  const { host, port } = parseHostAndPort(rest.slice(at + 1), defaultPorts[protocol]);
  const { username, password } = parseCredentials(at < 0 ? '' : rest.slice(0, at));
  assertSendable(protocol, username, password);
  return { protocol, host, port, username, password };
}

/** Bytes of a user name or a password that SOCKS has room for (RFC 1929), and that HTTP proxies take in a header. */
const maxCredentialBytes = { socks: 255, http: 4096 } as const;

/** Refuses credentials that the protocol cannot carry. @throws MooringError `INVALID_PARAMETER` */
function assertSendable(protocol: ProxyProtocol, username: string, password: string): void {
  const family = protocol.startsWith('socks') ? 'socks' : 'http';
  const max = maxCredentialBytes[family];
  if (Buffer.byteLength(username) > max || Buffer.byteLength(password) > max)
    throw invalid(`a user name and a password of at most ${max} bytes each for ${protocol}://`);
  // A zero byte ends the user ID of SOCKS4: what follows it would be read as the host.
  if (protocol.startsWith('socks4') && username.includes('\0')) throw invalid('a user name without zero bytes');
}

/** The proxy without its credentials, for messages and logs. */
export function describeProxy({ protocol, host, port }: ProxyAddress): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether two are one proxy with the same credentials. */
export function isSameProxy(a: ProxyAddress, b: ProxyAddress): boolean {
  return (
    a.protocol === b.protocol &&
    a.host.toLowerCase() === b.host.toLowerCase() &&
    a.port === b.port &&
    a.username === b.username &&
    a.password === b.password
  );
}

function parseHostAndPort(text: string, defaultPort: number): { host: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:/?#[\]@\s]+))(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (bracketed !== undefined && isIP(bracketed) !== 6)) {
    throw invalid('host:port after the credentials, such as 127.0.0.1:8888 or [::1]:8888');
  }
  if (host.length > maxHostLength) throw invalid(`a host of at most ${maxHostLength} characters`);
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65535) throw invalid('a port from 1 to 65535');
  return { host, port };
}

function parseCredentials(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  const [username, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  return { username: decode(username), password: decode(password) };
}

/** Percent-decoded where that is what it is; `100%` is a password too. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const invalid = (expected: string): MooringError =>
  new MooringError('INVALID_PARAMETER', `\`proxy\`: expected ${expected}, as in http://user:password@127.0.0.1:8888.`);
