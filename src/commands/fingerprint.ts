import { machineTimezone } from '../identity/country-locale.js';
import { isDriven } from '../identity/self-check/coherence.js';
import type { Fingerprint } from '../protocol/replies/fingerprint.js';
import type { LeasedSession } from '../sessions/session-lease.js';

/** How a session appears to sites, and what really runs, as a reply prints it. */
export function fingerprintOf({
  identity: resolved,
  engine,
  warnings,
}: Pick<LeasedSession, 'identity' | 'engine' | 'warnings'>): Fingerprint {
  const { identity } = resolved;
  const { screen, viewport, userAgentData, languages, timezone, hardwareConcurrency } = identity;
  return {
    browser: { name: identity.browser, version: identity.version },
    operatingSystem: identity.operatingSystem,
    device: identity.device,
    userAgent: identity.userAgent,
    ...(userAgentData
      ? {
          userAgentData: {
            ...userAgentData,
            brands: [...userAgentData.brands],
            fullVersionList: [...userAgentData.fullVersionList],
          },
        }
      : {}),
    platform: identity.platform,
    languages: [...languages],
    timezone: timezone ?? machineTimezone(),
    screen: { ...screen },
    viewport: { ...viewport },
    maxTouchPoints: identity.maxTouchPoints,
    ...(hardwareConcurrency === undefined ? {} : { hardwareConcurrency }),
    webdriver: isDriven,
    engine: { name: engine.name, version: engine.version, build: engine.build },
    warnings: [...warnings, ...resolved.warnings],
  };
}
