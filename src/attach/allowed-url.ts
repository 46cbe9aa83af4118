import { ProtocolError } from './protocol-error.js';

/** Schemes that a client may send a tab to. Whatever else there is, `file:` above all, reads this machine. */
const schemes = new Set(['http:', 'https:', 'about:', 'data:', 'blob:']);

/** @returns the URL, read as the browser reads it @throws ProtocolError */
export function allowedUrl(value: unknown): URL {
  if (typeof value !== 'string' || !URL.canParse(value))
    throw new ProtocolError('expected `url` to be an absolute URL; it cannot be read as one.');
  const url = new URL(value);
  if (schemes.has(url.protocol)) return url;
  throw new ProtocolError(`expected a URL with one of ${[...schemes].join(' ')}; got ${url.protocol}`);
}

/** @returns true if it goes over the network */
export const isWebUrl = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:';
