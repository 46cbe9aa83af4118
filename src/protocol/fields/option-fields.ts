import type { SessionFields } from './session-options.js';

/** The field that says each option of a session. Readers and messages to callers take its name from here. */
export const optionFields = {
  proxy: 'proxy',
  direct: 'noProxy',
  /** One for each class of proxies, in the order of the schema. */
  classes: { datacenter: 'datacenter', residential: 'premiumProxy', mobile: 'mobileProxy' },
  country: 'proxyCountry',
  maxBytes: 'maxBytes',
  idleMs: 'session_ttl',
  maxLifetimeMs: 'maxLifetime',
  persist: 'persist',
  keepRunning: 'keepRunning',
  allowedDomains: 'whitelistedDomains',
  deniedDomains: 'blackListedDomains',
} as const satisfies Readonly<Record<string, keyof SessionFields | Readonly<Record<string, keyof SessionFields>>>>;
