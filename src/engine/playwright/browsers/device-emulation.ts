import type { BrowserContextOptions } from 'playwright-core';
import type { Identity } from '../../../identity/identity.js';

/** The driver's own part of an identity, for browsers that can be any device. */
export function deviceEmulation(identity: Identity): BrowserContextOptions {
  const { userAgent, languages, timezone, viewport, screen, device, maxTouchPoints } = identity;
  const [locale] = languages;
  return {
    userAgent,
    viewport: { ...viewport },
    screen: { width: screen.width, height: screen.height },
    deviceScaleFactor: screen.devicePixelRatio,
    isMobile: device === 'mobile',
    hasTouch: maxTouchPoints > 0,
    ...(locale === undefined ? {} : { locale }),
    ...(timezone === undefined ? {} : { timezoneId: timezone }),
  };
}
