import { z } from 'zod';
import { flag, integer, listOf, optional, sessionId } from './fields.js';

const browserWish = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z.object({
    name: z.enum(['chrome', 'firefox', 'safari']).describe('Its name.'),
    minVersion: optional(integer(1, 999)).describe('The oldest major version, inclusive.'),
    maxVersion: optional(integer(1, 999)).describe('The newest major version, inclusive.'),
  }),
);

/** Which exit a session has. `sessions.proxy` takes these too. */
export const exitFields = {
  proxy: optional(z.string().min(1)).describe(
    'A proxy of your own: `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`, with ' +
      "`user:password@` if it wants them (percent-encoded or not). It is checked, held for the session's life, and " +
      "nothing ever goes around it. Default: one of the operator's pool; without a pool, direct.",
  ),
  noProxy: optional(flag()).describe('Connect directly even where there is a pool.'),
  datacenter: optional(flag()).describe("A `datacenter` proxy of the operator's pool instead of a `residential` one."),
  premiumProxy: optional(flag()).describe("A `residential` proxy of the operator's pool, and no other."),
  mobileProxy: optional(flag()).describe("A `mobile` proxy of the operator's pool."),
  proxyCountry: optional(z.string().min(1)).describe(
    "The country of the pool's proxy: its English name (`UnitedStates`) or ISO code (`US`).",
  ),
};

/** Which domains may be reached. */
const domainFields = (where: string) => ({
  whitelistedDomains: optional(listOf(z.string())).describe(
    `Only these domains and the sites that you go to yourself, each with its subdomains${where}. Holds for everything a ` +
      'page causes. Default: every domain.',
  ),
  blackListedDomains: optional(listOf(z.string())).describe(
    `Never these domains, nor their subdomains${where}; it wins.`,
  ),
});

/**
 * What a session is made with. `sessions.create` takes these, and every `request.*`, where they count when the request
 * opens its session.
 */
export const sessionOptionFields = {
  ...exitFields,
  maxBytes: optional(integer(1, Number.MAX_SAFE_INTEGER)).describe(
    'How many bytes the session may move, both ways together; then everything is refused with `QUOTA_EXCEEDED`.',
  ),
  session_ttl: optional(integer(1, 31_536_000)).describe(
    'Seconds that the session lives after the end of its last request. Default: the setting `MOORING_IDLE_TIMEOUT` (200).',
  ),
  maxLifetime: optional(integer(1, 31_536_000)).describe(
    'Seconds that the session lives at most, counted from its creation. Default: the setting `MOORING_MAX_LIFETIME`.',
  ),
};
const sessionDomainFields = domainFields('');

/** The same for one request, over those of its session. */
export const requestDomainFields = domainFields(', while this request runs');

/** Options of the contract that have no effect yet: checked like the others, then refused by name. */
export const pendingSessionFields = {
  browser: optional(listOf(browserWish)),
  operatingSystem: optional(listOf(z.enum(['windows', 'macos', 'linux', 'android', 'ios']))),
  device: optional(listOf(z.enum(['desktop', 'mobile']))),
  userAgent: optional(z.string()),
  locales: optional(listOf(z.string())),
  timezone: optional(z.string()),
  setLocale: optional(flag()),
  persist: optional(flag()),
};

export const sessionOptionsSchema = z.object({ ...sessionOptionFields, ...sessionDomainFields });
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;

export const sessionsCreateSchema = z.object({
  session: optional(sessionId()).describe(
    'An ID of your own: 1 to 128 characters of `A-Za-z0-9._:-`. Default: a random UUID. The ID of an open session gives ' +
      'that session, if the other options are absent or equal.',
  ),
  ...sessionOptionFields,
  ...sessionDomainFields,
});

export const sessionsProxySchema = z.object({ session: sessionId(), ...exitFields });
export const exitWishSchema = z.object(exitFields);
export type ExitWish = z.infer<typeof exitWishSchema>;

export const sessionsDestroySchema = z.object({ session: sessionId() });
export const sessionsActiveSchema = z.object({ session: sessionId() });
export const sessionsListSchema = z.object({});
