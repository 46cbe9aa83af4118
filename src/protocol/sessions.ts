import { z } from 'zod';
import {
  boundedText,
  flag,
  integer,
  listOf,
  optional,
  optionalFilled,
  optionalSessionId,
  sessionId,
} from './fields.js';

/** A name of its own for one value; clients of other APIs send `{"name": "windows"}`. */
const named = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'name' in value ? value.name : value;

/** Longer than any language tag or time zone. */
const maxNameLength = 100;

/** The name in the form that browsers take, whatever its case; nothing if there is none. */
function canonical(name: unknown, of: (name: string) => string | undefined): unknown {
  try {
    return (typeof name === 'string' && name.length <= maxNameLength && of(name)) || name;
  } catch {
    return name; // the schema says what is wrong with it
  }
}
const localeOf = (tag: string): string | undefined => Intl.getCanonicalLocales(tag)[0];
const zoneOf = (name: string): string => new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
const isKnown = (of: (name: string) => unknown) => (name: string) => {
  try {
    return name.length <= maxNameLength && of(name) !== undefined;
  } catch {
    return false;
  }
};

const locale = z.preprocess(
  (tag) => canonical(tag, localeOf),
  z.string().refine(isKnown(localeOf), 'expected a language tag (BCP 47) such as de-DE'),
);
const timezone = z.preprocess(
  (name) => canonical(name, zoneOf),
  z.string().refine(isKnown(zoneOf), 'expected a time zone (IANA) such as Europe/Berlin'),
);

const browserWish = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z.object({
    name: z.enum(['chrome', 'firefox', 'safari']).describe('Its name.'),
    minVersion: optionalFilled(integer(1, 999)).describe('The oldest major version, inclusive.'),
    maxVersion: optionalFilled(integer(1, 999)).describe('The newest major version, inclusive.'),
  }),
);

/** Which exit a session has. `sessions.proxy` takes these too. */
export const exitFields = {
  proxy: optionalFilled(boundedText()).describe(
    'A proxy of your own: `http://`, `https://`, `socks4://`, `socks4a://`, `socks5://` or `socks5h://`, with ' +
      "`user:password@` if it wants them (percent-encoded or not). It is checked, held for the session's life, and " +
      "nothing ever goes around it. Default: one of the operator's pool; without a pool, direct.",
  ),
  noProxy: optional(flag()).describe('Connect directly even where there is a pool.'),
  datacenter: optional(flag()).describe("A `datacenter` proxy of the operator's pool instead of a `residential` one."),
  premiumProxy: optional(flag()).describe("A `residential` proxy of the operator's pool, and no other."),
  mobileProxy: optional(flag()).describe("A `mobile` proxy of the operator's pool."),
  proxyCountry: optionalFilled(boundedText(maxNameLength)).describe(
    "The country of the pool's proxy: its English name (`UnitedStates`) or ISO code (`US`). Beside a `proxy` of your own " +
      'it says where that one is, for language and time zone.',
  ),
};

/** How the session appears to sites. */
export const identityFields = {
  browser: optionalFilled(listOf(browserWish)).describe(
    'Acceptable browsers, each with the majors that will do; one is drawn as often as it is met in the world, always the ' +
      'same for the same session ID and wish. Default: the engine as it is.',
  ),
  operatingSystem: optionalFilled(
    listOf(z.preprocess(named, z.enum(['windows', 'macos', 'linux', 'android', 'ios']))),
  ).describe('Acceptable systems.'),
  device: optionalFilled(listOf(z.preprocess(named, z.enum(['desktop', 'mobile'])))).describe('Acceptable devices.'),
  userAgent: optionalFilled(
    z.string().regex(/^[\x20-\x7e]{1,500}$/, 'expected a user agent of printable ASCII'),
  ).describe('This user agent; the rest of the identity follows from it.'),
  locales: optionalFilled(listOf(locale)).describe(
    "Languages, the best first, as tags such as `de-DE`. Default: those of the exit's country, if it is known; else " +
      '`en-US`, `en`.',
  ),
  timezone: optionalFilled(timezone).describe(
    "The time zone's IANA name. Default: that of the exit's country, if it is known; else the machine's.",
  ),
  setLocale: optional(flag()).describe("`false`: language and time zone do not follow the exit's country."),
  overwriteLocale: optional(flag()).describe('The same as `setLocale`.'),
};

const maxDomains = 10_000;

/** Which domains may be reached. */
const domainFields = (where: string) => ({
  whitelistedDomains: optional(listOf(boundedText(), maxDomains)).describe(
    `Only these domains and the sites that you go to yourself, each with its subdomains${where}. Holds for everything a ` +
      'page causes. Default: every domain.',
  ),
  blackListedDomains: optional(listOf(boundedText(), maxDomains)).describe(
    `Never these domains, nor their subdomains${where}; it wins.`,
  ),
});

/**
 * What a session is made with. `sessions.create` takes these, and every `request.*`, where they count when the request
 * opens its session.
 */
export const sessionOptionFields = {
  ...exitFields,
  ...identityFields,
  maxBytes: optionalFilled(integer(1, Number.MAX_SAFE_INTEGER, 'bytes')).describe(
    'How many bytes the session may move, both ways together; then everything is refused with `QUOTA_EXCEEDED`.',
  ),
  session_ttl: optionalFilled(integer(1, 31_536_000, 'seconds')).describe(
    'Seconds that the session lives after the end of its last request. Default: the setting `MOORING_IDLE_TIMEOUT` (200).',
  ),
  maxLifetime: optionalFilled(integer(1, 31_536_000, 'seconds')).describe(
    'Seconds that the session lives at most, counted from its creation. Default: the setting `MOORING_MAX_LIFETIME`.',
  ),
};
const sessionDomainFields = domainFields('');

/** The same for one request, over those of its session. */
export const requestDomainFields = domainFields(', while this request runs');

/** Options of the contract that have no effect yet: checked like the others, then refused by name. */
export const pendingSessionFields = {
  persist: optional(flag()),
  keepRunning: optional(flag()),
  state: optional(z.union([z.string(), z.record(z.string(), z.unknown())])),
};

export const sessionOptionsSchema = z.object({ ...sessionOptionFields, ...sessionDomainFields });
export type SessionOptions = z.infer<typeof sessionOptionsSchema>;

export const sessionsCreateSchema = z.object({
  session: optionalSessionId().describe(
    'An ID of your own: 1 to 128 characters of `A-Za-z0-9._:-`. Default: a random UUID. The ID of an open session gives ' +
      'that session, if the other options are absent or equal.',
  ),
  ...sessionOptionFields,
  ...sessionDomainFields,
});

export const sessionsProxySchema = z.object({ session: sessionId(), ...exitFields });
export const exitWishSchema = z.object(exitFields);
export type ExitWish = z.infer<typeof exitWishSchema>;

export const sessionsIdentitySchema = z.object({ session: sessionId() });
export const sessionsDestroySchema = z.object({ session: sessionId() });
export const sessionsActiveSchema = z.object({ session: sessionId() });
export const sessionsListSchema = z.object({});
