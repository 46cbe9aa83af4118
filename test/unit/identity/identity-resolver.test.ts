import { describe, expect, it } from 'vitest';
import { MooringError } from '../../../src/errors.js';
import { combinationsOf } from '../../../src/identity/browser-matrix.js';
import { userAgentOf } from '../../../src/identity/browser-strings.js';
import { FingerprintSampler } from '../../../src/identity/fingerprint-sampler.js';
import type { Identity, IdentityPreferences } from '../../../src/identity/identity.js';
import { type AvailableEngine, IdentityResolver } from '../../../src/identity/identity-resolver.js';
import { fullPresentation } from '../../../src/identity/presentation-capabilities.js';

const linux = 'Mozilla/5.0 (X11; Linux x86_64)';
const chromium: AvailableEngine = {
  name: 'chromium',
  version: '156.0.8078.79',
  userAgent: `${linux} AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.8078.79 Safari/537.36`,
  presents: fullPresentation,
};
const firefox: AvailableEngine = {
  name: 'firefox',
  version: '153.0',
  userAgent: `Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0`,
  presents: { devices: ['desktop'], languages: 'one', hardwareConcurrency: false, serviceWorkerLocale: 'machine' },
};

/** Reading its data takes half a second. */
const sampler = new FingerprintSampler();
const resolver = (engines = [chromium], strict = false) => new IdentityResolver({ engines, strict, sampler });
/** As if Chromium had processes of these user agents besides its own, and no room for more. */
const crowded = (...userAgents: string[]) =>
  new IdentityResolver({
    engines: [chromium],
    strict: false,
    sampler,
    processesOf: () => ({ userAgents, hasRoomFor: (userAgent) => userAgents.includes(userAgent) }),
  });
const resolve = (wish: IdentityPreferences, seed = 'seed', country?: string) => resolver().resolve(wish, seed, country);
const failure = async (work: Promise<unknown>): Promise<MooringError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof MooringError) return error;
  throw new Error(`expected a MooringError, came ${String(error)}`);
};

/** What has to hold between the parts of any identity. */
function relationsOf(identity: Identity): Record<string, boolean> {
  const { userAgent, userAgentData, platform, operatingSystem, device, screen, viewport, maxTouchPoints, version } =
    identity;
  const marks = {
    windows: /Windows NT 10\.0/,
    macos: /Macintosh/,
    linux: /X11; Linux/,
    android: /Android/,
    ios: /iPhone OS/,
  };
  const platforms = {
    windows: /^Win32$/,
    macos: /^MacIntel$/,
    linux: /^Linux x86_64$/,
    android: /^Linux arm/,
    ios: /^iPhone$/,
  };
  const hints = { windows: 'Windows', macos: 'macOS', linux: 'Linux', android: 'Android', ios: '' };
  const isMobile = device === 'mobile';
  const hasHints = identity.browser === 'chrome' && operatingSystem !== 'ios';
  return {
    'system in the user agent': marks[operatingSystem].test(userAgent),
    'system in the platform': platforms[operatingSystem].test(platform),
    'mobile in the user agent': isMobile === /Mobile/.test(userAgent),
    'version in the user agent': new RegExp(`(Chrome|CriOS|Firefox|FxiOS|Version)/${version}\\b`).test(userAgent),
    'no headless': !/headless/i.test(userAgent),
    'client hints only of Chrome': hasHints === (userAgentData !== undefined),
    'platform of the client hints': !userAgentData || userAgentData.platform === hints[operatingSystem],
    'mobile of the client hints': !userAgentData || userAgentData.mobile === isMobile,
    'versions of the client hints':
      !userAgentData || userAgentData.brands.filter((brand) => brand.version === String(version)).length >= 1,
    'full versions of the client hints':
      !userAgentData || userAgentData.fullVersionList.some((brand) => brand.version.startsWith(`${version}.0.`)),
    touch: isMobile === maxTouchPoints > 0,
    'screen upright or wide': isMobile === screen.height > screen.width,
    'viewport within screen': viewport.width <= screen.width && viewport.height <= screen.height,
  };
}
const broken = (identity: Identity) =>
  Object.entries(relationsOf(identity))
    .filter(([, holds]) => !holds)
    .map(([name]) => name);

/** Every browser on every system and device, at both ends of its versions. */
const possible = combinationsOf({ device: ['desktop', 'mobile'] }, {}).flatMap(
  ({ browser, operatingSystem, device, minVersion, maxVersion }) =>
    [minVersion, maxVersion].map((version) => [browser, operatingSystem, device, version] as const),
);

it.each(possible)('%s on %s, %s, %i – is coherent, and what was wished', async (name, system, device, version) => {
  const wish = {
    browser: [{ name, minVersion: version, maxVersion: version }],
    operatingSystem: [system],
    device: [device],
  };
  const { identity } = await resolve(wish);
  expect(identity).toMatchObject({ browser: name, operatingSystem: system, device, version });
  expect(broken(identity)).toEqual([]);
});

describe('IdentityResolver', () => {
  it('no wish – the engine as it is, without Headless, and nothing to be told', async () => {
    const { identity, engine, warnings } = await resolve({});
    expect([engine, warnings]).toEqual(['chromium', []]);
    expect(identity.userAgent).toBe(`${linux} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`);
    expect(identity.userAgentData?.fullVersionList).toContainEqual({ brand: 'Chromium', version: '156.0.8078.79' });
    expect(broken(identity)).toEqual([]);
  });

  it('the same ID and wish – the same identity; other IDs – not all the same', async () => {
    const wish: IdentityPreferences = {
      browser: [{ name: 'chrome' }, { name: 'firefox' }, { name: 'safari' }],
      operatingSystem: ['windows', 'macos', 'android', 'ios'],
      device: ['desktop', 'mobile'],
    };
    expect(await resolve(wish, 'a')).toEqual(await resolve(wish, 'a'));
    const many = await Promise.all([...Array(60).keys()].map((n) => resolve(wish, `id-${n}`)));
    expect(new Set(many.map(({ identity }) => identity.browser)).size).toBeGreaterThan(1);
    expect(new Set(many.map(({ identity }) => identity.operatingSystem)).size).toBeGreaterThan(2);
    expect(many.flatMap(({ identity }) => broken(identity))).toEqual([]);
  });

  it('leaves Math.random as it was', async () => {
    const before = Math.random;
    await resolve({ device: ['mobile'] });
    expect(Math.random).toBe(before);
  });

  it.each([
    [{ browser: [{ name: 'safari' }], operatingSystem: ['windows'] }, 'safari (15–18, 26–26) on macos, ios'],
    [{ operatingSystem: ['ios'], device: ['desktop'] }, 'mobile on android, ios'],
    [{ operatingSystem: ['windows'], device: ['mobile'] }, 'desktop on windows'],
    [{ browser: [{ name: 'chrome', minVersion: 120, maxVersion: 119 }] }, 'not above `maxVersion`'],
    [{ browser: [{ name: 'chrome', maxVersion: 50 }] }, 'chrome (100–156)'],
    [{ browser: [{ name: 'safari', minVersion: 20, maxVersion: 24 }] }, 'safari (15–18, 26–26)'],
  ] as [IdentityPreferences, string][])('%j – IDENTITY_IMPOSSIBLE, saying what is possible', async (wish, sentence) => {
    const error = await failure(resolve(wish));
    expect(error.code).toBe('IDENTITY_IMPOSSIBLE');
    expect(error.detail).toContain(sentence);
    expect(() => resolver().assertPossible(wish)).toThrow(sentence);
  });

  it('one of several that is impossible – the others are drawn from', async () => {
    const { identity } = await resolve({ browser: [{ name: 'safari' }], operatingSystem: ['windows', 'ios'] });
    expect(identity.operatingSystem).toBe('ios');
  });

  it('a browser alone – the real one on the real system, whatever the ID, and nothing to be told', async () => {
    const both = resolver([chromium, firefox]);
    for (const seed of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const chrome = await both.resolve({ browser: [{ name: 'chrome' }] }, seed, undefined);
      expect(chrome.identity).toMatchObject({ version: 156, operatingSystem: 'linux', device: 'desktop' });
      expect([chrome.engine, chrome.warnings]).toEqual(['chromium', []]);
      const fox = await both.resolve({ browser: [{ name: 'firefox' }] }, seed, undefined);
      expect(fox.identity).toMatchObject({ version: 153, operatingSystem: 'linux', device: 'desktop' });
      expect([fox.engine, fox.warnings, fox.identity.userAgent]).toEqual(['firefox', [], firefox.userAgent]);
    }
  });

  it.each([
    [{ operatingSystem: ['windows', 'linux'] }, 'chrome 156 linux'],
    [{ device: ['desktop'] }, 'chrome 156 linux'],
    [{ browser: [{ name: 'firefox' }, { name: 'chrome' }] }, 'chrome 156 linux'],
    [{ browser: [{ name: 'firefox', minVersion: 140 }], operatingSystem: ['linux'] }, 'firefox 153 linux'],
    [{ browser: [{ name: 'safari' }, { name: 'firefox', maxVersion: 160 }] }, 'firefox 153 linux'],
  ] as [IdentityPreferences, string][])(
    '%j – what an engine is by itself, the first in order',
    async (wish, expected) => {
      const { identity, warnings } = await resolver([chromium, firefox]).resolve(wish, 'seed', undefined);
      expect(`${identity.browser} ${identity.version} ${identity.operatingSystem}`).toBe(expected);
      expect(warnings).toEqual([]);
    },
  );

  it('a range that leaves the real version out – drawn, and told', async () => {
    const { identity, warnings } = await resolve({ browser: [{ name: 'chrome', maxVersion: 140 }] });
    expect(identity.version).toBeLessThanOrEqual(140);
    expect(warnings.join(' ')).toContain('is presented by Chromium 156');
  });

  it('no wish for a device – a desktop, unless only a phone fits', async () => {
    for (const seed of [...Array(40).keys()].map(String)) {
      for (const name of ['chrome', 'firefox', 'safari'] as const)
        expect((await resolve({ browser: [{ name }] }, seed)).identity.device).toBe('desktop');
      expect((await resolve({ operatingSystem: ['windows', 'android'] }, seed)).identity.device).toBe('desktop');
      expect((await resolve({ operatingSystem: ['android'] }, seed)).identity.device).toBe('mobile');
      expect((await resolve({ device: ['mobile'] }, seed)).identity.device).toBe('mobile');
    }
  });

  it('no room for another process – one that runs already is taken if it fits, else what would be drawn anyway', async () => {
    const [fits, other] = [120, 110].map((version) =>
      userAgentOf({ browser: 'chrome', version, operatingSystem: 'windows', device: 'desktop' }),
    ) as [string, string];
    const wish: IdentityPreferences = {
      browser: [{ name: 'chrome', minVersion: 115, maxVersion: 140 }],
      operatingSystem: ['windows', 'macos'],
    };
    for (const seed of ['a', 'b', 'c', 'd'])
      expect((await crowded(other, fits).resolve(wish, seed, undefined)).identity.userAgent).toBe(fits);
    expect(await crowded(other).resolve(wish, 'a', undefined)).toEqual(await resolve(wish, 'a'));
    const unusual = `${fits} Custom/1.0`;
    expect(await crowded(unusual).resolve(wish, 'a', undefined)).toEqual(await resolve(wish, 'a'));
  });

  it('userAgent – the rest follows from it; a wish that says otherwise has no effect, which is told', async () => {
    const userAgent =
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36';
    const { identity } = await resolve({ userAgent });
    expect(identity).toMatchObject({
      userAgent,
      browser: 'chrome',
      version: 120,
      operatingSystem: 'windows',
      platform: 'Win32',
    });
    expect(broken(identity)).toEqual([]);
    const contradicting: IdentityPreferences = {
      browser: [{ name: 'firefox' }],
      operatingSystem: ['macos'],
      device: ['mobile'],
    };
    expect(() => resolver().assertPossible({ userAgent, ...contradicting })).not.toThrow();
    const overruled = await resolve({ userAgent, ...contradicting });
    expect(overruled.identity).toEqual(identity);
    expect(overruled.warnings[0]).toBe(
      '`browser`, `operatingSystem`, `device`: without effect, since `userAgent` is chrome 120 on windows, desktop.',
    );
    const agreeing = await resolve({ userAgent, browser: [{ name: 'chrome' }], operatingSystem: ['windows'] });
    expect(agreeing.warnings.join(' ')).not.toContain('without effect');
    const unknown = await resolve({ userAgent: 'my-bot/1.0' });
    expect(unknown.identity).toMatchObject({ userAgent: 'my-bot/1.0', userAgentData: undefined });
    expect(unknown.warnings).toHaveLength(1);
    const named = await resolve({ userAgent: 'my-bot/1.0', browser: [{ name: 'chrome' }] });
    expect(named.warnings[0]).toBe('`browser`: without effect, since `userAgent` is of none that this server knows.');
  });

  it('language and time zone follow the country, unless one is wished or setLocale is false', async () => {
    const placeOf = async (wish: IdentityPreferences, country?: string) => {
      const { languages, timezone } = (await resolve(wish, 'seed', country)).identity;
      return [languages, timezone];
    };
    expect(await placeOf({}, 'DE')).toEqual([['de-DE', 'de', 'en-US', 'en'], 'Europe/Berlin']);
    expect(await placeOf({}, 'US')).toEqual([['en-US', 'en'], 'America/New_York']);
    expect(await placeOf({}, 'JP')).toEqual([['ja-JP', 'ja', 'en-US', 'en'], 'Asia/Tokyo']);
    expect(await placeOf({ setLocale: false }, 'DE')).toEqual([['en-US', 'en'], undefined]);
    expect(await placeOf({ locales: ['fr-FR'] }, 'DE')).toEqual([['fr-FR'], undefined]);
    expect(await placeOf({ timezone: 'Asia/Tokyo' }, 'DE')).toEqual([['en-US', 'en'], 'Asia/Tokyo']);
    expect(await placeOf({})).toEqual([['en-US', 'en'], undefined]);
  });

  it('the engine of that name runs where there is one; else the default, which is told', async () => {
    const wish: IdentityPreferences = { browser: [{ name: 'firefox', minVersion: 153 }], operatingSystem: ['linux'] };
    const both = await resolver([chromium, firefox]).resolve(wish, 'seed', undefined);
    expect([both.engine, both.warnings]).toEqual(['firefox', []]);
    const alone = await resolve(wish);
    expect(alone.engine).toBe('chromium');
    expect(alone.warnings[0]).toContain('firefox 153 on linux is presented by Chromium 156');
    const older = await resolve({
      browser: [{ name: 'chrome', minVersion: 116, maxVersion: 116 }],
      operatingSystem: ['linux'],
    });
    expect(older.warnings).toEqual(['chrome 116 is presented by Chromium 156.']);
  });

  it('strict – refuses what would be told', async () => {
    const strict = resolver([chromium], true);
    await strict.resolve({}, 'seed', undefined);
    const error = await failure(strict.resolve({ browser: [{ name: 'safari' }] }, 'seed', undefined));
    expect(error.code).toBe('IDENTITY_IMPOSSIBLE');
    expect(error.detail).toContain('MOORING_ENGINE_STRICT');
  });
});
