import { expect, it } from 'vitest';
import { userAgentOf } from '../../../src/identity/browser-strings.js';
import type { BrowserName, OperatingSystem } from '../../../src/identity/identity.js';
import { nearestUserAgent } from '../../../src/identity/nearest-user-agent.js';

const of = (browser: BrowserName, operatingSystem: OperatingSystem, version: number): string =>
  userAgentOf({ browser, operatingSystem, version, device: 'desktop' });

it('nearestUserAgent – the browser counts before the system, the system before the version', () => {
  const wanted = of('firefox', 'windows', 140);
  const [chrome, mac, far, near] = [
    of('chrome', 'windows', 140),
    of('firefox', 'macos', 140),
    of('firefox', 'windows', 110),
    of('firefox', 'windows', 139),
  ];
  expect(nearestUserAgent(wanted, [chrome, mac, far, near])).toBe(near);
  expect(nearestUserAgent(wanted, [chrome, mac, far])).toBe(far);
  expect(nearestUserAgent(wanted, [chrome, mac])).toBe(mac);
  expect(nearestUserAgent(wanted, [chrome])).toBe(chrome);
  expect(nearestUserAgent('my-bot/1.0', [chrome, mac])).toBe(chrome);
});
