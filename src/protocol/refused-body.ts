import { upstreamFields } from './fields/proxy.js';
import { sessionId } from './fields/scalars.js';
import { distance } from './names/nearest-name.js';

type Body = Readonly<Record<string, unknown>>;

/** The session that a body names, whether or not the rest of it can be read. */
export function sessionNamedIn(body: Body): string | undefined {
  const value = Object.entries(body).find(([name]) => name.toLowerCase() === 'session')?.[1];
  const parsed = sessionId().safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

const upstreamNames = Object.keys(upstreamFields)
  .map((name) => name.toLowerCase())
  .filter((name) => name !== 'noproxy');
const addressNames = new Set(['url', 'referer']);
const proxyAddress = /^\s*(https?|socks\d\w?):\/\/[^/\s]*:\d+\/?\s*$/i;

/**
 * Whether a body that was refused may have meant to name a proxy: by a field of that name or nearly so, or by what looks
 * like the address of one. Better once too often: what follows without a proxy cannot be taken back.
 */
export function mayNameUpstream(body: Body): boolean {
  return Object.entries(body).some(([name, value]) => {
    const lower = name.toLowerCase();
    if (value === undefined || value === null || value === false || value === '' || lower === 'noproxy') return false;
    if (lower === 'requests' && Array.isArray(value))
      return value.some((item) => isBody(item) && mayNameUpstream(item));
    if (lower.includes('prox') || upstreamNames.some((known) => distance(lower, known, 2) <= 2)) return true;
    return typeof value === 'string' && !addressNames.has(lower) && proxyAddress.test(value);
  });
}

const isBody = (value: unknown): value is Body => typeof value === 'object' && value !== null;
