import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Owner, ownerOfKey } from './key-owner.js';

/** Pages of the dashboard send it with each request. A page of another site cannot: it would have to be allowed to (CORS). */
export const uiHeader = 'x-mooring-ui';

/** How long a key is remembered. */
const keepSeconds = 30 * 24 * 3600;

/**
 * The cookie by which the dashboard's pages are known: proof that somebody had a key, not the key itself. It is good until its
 * time is over or the key is taken from the settings, after a restart and on every server with the same keys too.
 *
 *     with keys      <seconds since 1970 when it ends>.<HMAC-SHA256 of that under the key>
 *     without any    any.<owner>       a server that takes any key has nothing to prove
 */
export class UiPass {
  readonly #keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.#keys = keys;
  }

  /** A `set-cookie` for who has this key, or undefined if it is none of this server. */
  cookieFor(key: string, request: FastifyRequest): string | undefined {
    if (this.#keys.length === 0) return cookie(request, `any.${ownerOfKey(key)}`, keepSeconds);
    const endsAt = Math.floor(Date.now() / 1000) + keepSeconds;
    // Compared as digests are: the time tells nothing of the keys.
    const wanted = proofOf(key, endsAt);
    const known = this.#keys.filter((candidate) => timingSafeEqual(proofOf(candidate, endsAt), wanted));
    return known.length === 0 ? undefined : cookie(request, `${endsAt}.${wanted.toString('base64url')}`, keepSeconds);
  }

  /** A `set-cookie` that forgets the key. */
  forget(request: FastifyRequest): string {
    return cookie(request, '', 0);
  }

  /** Whose page sends a request, or undefined if no page of the dashboard does, or its cookie is good no more. */
  ownerOf(request: FastifyRequest): Owner | undefined {
    const value = cookieOf(request);
    if (value === undefined || !isOwnPage(request)) return undefined;
    const [first = '', second = ''] = value.split('.', 2);
    if (this.#keys.length === 0) return first === 'any' && /^[0-9a-f]{16}$/.test(second) ? second : undefined;
    const endsAt = Number(first);
    const proof = Buffer.from(second, 'base64url');
    if (!Number.isSafeInteger(endsAt) || endsAt * 1000 < Date.now() || proof.length !== proofBytes) return undefined;
    const known = this.#keys.filter((key) => timingSafeEqual(proofOf(key, endsAt), proof));
    return known[0] === undefined ? undefined : ownerOfKey(known[0]);
  }
}

const proofBytes = 32;

const proofOf = (key: string, endsAt: number): Buffer =>
  createHmac('sha256', key).update(`mooring dashboard until ${endsAt}`).digest();

/**
 * @returns true if a page of this server sends it: it bears the dashboard's header, and the browser names no other site. The
 *   scheme is not compared, for a proxy before the server may have taken TLS off.
 */
export function isOwnPage({ headers }: FastifyRequest): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (headers[uiHeader] === undefined || (site !== undefined && site !== 'same-origin')) return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

/** Cookies know no ports: servers beside each other on one machine would take away each other's. */
function nameFor({ headers }: FastifyRequest): string {
  const port = /:(\d+)$/.exec(headers.host ?? '')?.[1];
  return port === undefined ? 'mooring_ui' : `mooring_ui_${port}`;
}

function cookie(request: FastifyRequest, value: string, maxAgeSeconds: number): string {
  const isSecure = request.headers.origin?.startsWith('https:') ?? false;
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  return `${nameFor(request)}=${value}; ${attributes}`;
}

function cookieOf(request: FastifyRequest): string | undefined {
  const start = `${nameFor(request)}=`;
  const pairs = (request.headers.cookie ?? '').split(/;\s*/);
  return pairs.find((pair) => pair.startsWith(start))?.slice(start.length);
}
