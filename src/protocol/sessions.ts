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

/**
 * What a session is made with. `sessions.create` takes these, and every `request.*`, where they count when the request
 * opens its session.
 */
export const sessionOptionFields = {
  proxy: optional(z.string().min(1)).describe(
    'The proxy of this session for its whole life: `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or ' +
      '`socks5h://`, with `user:password@` if it wants them (percent-encoded or not). Default: direct.',
  ),
  session_ttl: optional(integer(1, 31_536_000)).describe(
    'Seconds that the session lives after the end of its last request. Default: the setting `MOORING_IDLE_TIMEOUT` (200).',
  ),
  maxLifetime: optional(integer(1, 31_536_000)).describe(
    'Seconds that the session lives at most, counted from its creation. Default: the setting `MOORING_MAX_LIFETIME`.',
  ),
};

/** Options of the contract that have no effect yet: checked like the others, then refused by name. */
export const pendingSessionFields = {
  whitelistedDomains: optional(listOf(z.string())),
  blackListedDomains: optional(listOf(z.string())),
  datacenter: optional(flag()),
  premiumProxy: optional(flag()),
  mobileProxy: optional(flag()),
  proxyCountry: optional(z.string()),
  noProxy: optional(flag()),
  browser: optional(listOf(browserWish)),
  operatingSystem: optional(listOf(z.enum(['windows', 'macos', 'linux', 'android', 'ios']))),
  device: optional(listOf(z.enum(['desktop', 'mobile']))),
  userAgent: optional(z.string()),
  locales: optional(listOf(z.string())),
  timezone: optional(z.string()),
  setLocale: optional(flag()),
  persist: optional(flag()),
};

export const sessionOptionsSchema = z.object(sessionOptionFields);
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;

export const sessionsCreateSchema = z.object({
  session: optional(sessionId()).describe(
    'An ID of your own: 1 to 128 characters of `A-Za-z0-9._:-`. Default: a random UUID. The ID of an open session gives ' +
      'that session, if the other options are absent or equal.',
  ),
  ...sessionOptionFields,
});

export const sessionsDestroySchema = z.object({ session: sessionId() });
export const sessionsActiveSchema = z.object({ session: sessionId() });
export const sessionsListSchema = z.object({});
