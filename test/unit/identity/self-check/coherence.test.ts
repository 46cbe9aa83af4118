import { describe, expect, it } from 'vitest';
import { appVersionOf } from '../../../../src/identity/browser-strings.js';
import { machineTimezone } from '../../../../src/identity/country-locale.js';
import type { Identity, IdentityPreferences } from '../../../../src/identity/identity.js';
import { IdentityResolver } from '../../../../src/identity/identity-resolver.js';
import { acceptOf, brandHeader } from '../../../../src/identity/navigation-headers.js';
import { fullPresentation } from '../../../../src/identity/presentation-capabilities.js';
import { type Contradiction, contradictions } from '../../../../src/identity/self-check/coherence.js';
import {
  type ContextReport,
  type ContextReports,
  contextNames,
} from '../../../../src/identity/self-check/self-check-page.js';

const chromium = {
  name: 'chromium',
  version: '156.0.8078.79',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  presents: fullPresentation,
};
const resolver = new IdentityResolver({ engines: [chromium], strict: false });
const identityOf = async (wish: IdentityPreferences): Promise<Identity> =>
  (await resolver.resolve(wish, 'seed', undefined)).identity;

/** What a real browser of that identity says. */
function realReport(identity: Identity): ContextReport {
  const isMobile = identity.device === 'mobile';
  const isChrome = identity.userAgentData !== undefined;
  return {
    userAgent: identity.userAgent,
    appVersion: appVersionOf(identity),
    platform: identity.platform,
    languages: identity.languages,
    ...(identity.hardwareConcurrency === undefined ? {} : { hardwareConcurrency: identity.hardwareConcurrency }),
    ...(isChrome ? { deviceMemory: 8, userAgentData: { ...identity.userAgentData } } : {}),
    timezone: identity.timezone ?? machineTimezone(),
    locale: 'en-US',
    vendor: identity.vendor,
    productSub: identity.productSub,
    maxTouchPoints: identity.maxTouchPoints,
    screen: {
      width: identity.screen.width,
      height: identity.screen.height,
      availWidth: identity.screen.width,
      availHeight: identity.screen.height,
      colorDepth: 24,
    },
    viewport: identity.viewport,
    devicePixelRatio: identity.screen.devicePixelRatio,
    pointer: isMobile ? 'coarse' : 'fine',
    hover: !isMobile,
    webdriver: true,
    plugins: 5,
    chrome: isChrome,
    graphics: { vendor: 'a vendor', renderer: 'a graphics card' },
  };
}

function realHeaders(identity: Identity): Record<string, string> {
  const { userAgentData: data } = identity;
  return {
    'user-agent': identity.userAgent,
    'accept-language': identity.languages.join(','),
    accept: acceptOf(identity),
    ...(identity.browser === 'safari' && identity.version < 16 ? {} : { 'sec-fetch-dest': 'document' }),
    ...(data
      ? {
          'sec-ch-ua': brandHeader(data.brands),
          'sec-ch-ua-platform': `"${data.platform}"`,
          'sec-ch-ua-mobile': data.mobile ? '?1' : '?0',
        }
      : {}),
  };
}

/** What is found when a browser of that identity says this otherwise. */
function found(
  identity: Identity,
  said: Partial<ContextReport> = {},
  sent: Record<string, string> = {},
): Pick<Contradiction, 'what' | 'came'>[] {
  const report = { ...realReport(identity), ...said };
  const reports = Object.fromEntries(contextNames.map((name) => [name, report])) as ContextReports; // each of its names
  return contradictions(identity, reports, { '/': { ...realHeaders(identity), ...sent } })
    .filter(({ where }) => where === 'page' || where === 'headers /')
    .map(({ what, came }) => ({ what, came }));
}

const chromeOn = (operatingSystem: 'windows' | 'linux' | 'android', version = 156): IdentityPreferences => ({
  browser: [{ name: 'chrome', minVersion: version, maxVersion: version }],
  operatingSystem: [operatingSystem],
});
const safari: IdentityPreferences = { browser: [{ name: 'safari' }], operatingSystem: ['macos'] };
const chromiumAccept =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';

describe('contradictions', () => {
  it.each([
    ['chrome on windows', chromeOn('windows')],
    ['chrome on android', chromeOn('android')],
    ['safari', safari],
    ['safari 15, which has no fetch metadata', { browser: [{ name: 'safari', maxVersion: 15 }] }],
    ['firefox', { browser: [{ name: 'firefox' }] }],
    ['the engine as it is', {}],
  ] as [string, IdentityPreferences][])('a real %s – none', async (_name, wish) => {
    expect(found(await identityOf(wish))).toEqual([]);
  });

  it.each([
    ['safari with the headers of Chromium', safari, {}, { accept: chromiumAccept }, 'accept', chromiumAccept],
    [
      'an old Chrome that asks for JPEG XL',
      chromeOn('linux', 120),
      {},
      { accept: chromiumAccept },
      'accept',
      chromiumAccept,
    ],
    ['Chrome with the headers of Firefox', chromeOn('linux'), {}, { accept: '*/*' }, 'accept', '*/*'],
    [
      'safari 15 with fetch metadata',
      { browser: [{ name: 'safari', maxVersion: 15 }] },
      {},
      { 'sec-fetch-dest': 'document' },
      'sec-fetch-dest',
      'document',
    ],
    [
      'a document fetched as something else',
      chromeOn('linux'),
      {},
      { 'sec-fetch-dest': 'empty' },
      'sec-fetch-dest',
      'empty',
    ],
    ['a phone with 16 GB', chromeOn('android'), { deviceMemory: 16 }, {}, 'deviceMemory', 16],
    ['an old Chrome that says 16 GB', chromeOn('linux', 120), { deviceMemory: 16 }, {}, 'deviceMemory', 16],
    ['Chrome without plugins, as the headless shell is', chromeOn('linux'), { plugins: 0 }, {}, 'plugins', 0],
    ['Chrome without window.chrome', chromeOn('linux'), { chrome: false }, {}, 'window.chrome', false],
    ['safari with window.chrome', safari, { chrome: true }, {}, 'window.chrome', true],
    [
      'software graphics on windows',
      chromeOn('windows'),
      { graphics: { vendor: 'Google', renderer: 'ANGLE (SwiftShader)' } },
      {},
      'graphics',
      'ANGLE (SwiftShader)',
    ],
    ['no WebGL on windows', chromeOn('windows'), { graphics: null }, {}, 'graphics', 'no WebGL'],
    ['a hidden webdriver', chromeOn('linux'), { webdriver: false }, {}, 'webdriver', false],
    ['another time zone', { timezone: 'Asia/Tokyo' }, { timezone: 'Europe/Paris' }, {}, 'timezone', 'Europe/Paris'],
  ] as [string, IdentityPreferences, Partial<ContextReport>, Record<string, string>, string, unknown][])(
    '%s – is found, and nothing besides',
    async (_name, wish, said, sent, what, came) => {
      expect(found(await identityOf(wish), said, sent)).toEqual([{ what, came }]);
    },
  );

  it('no client hints with a document of Chrome – are missed', async () => {
    const identity = await identityOf(chromeOn('linux'));
    const { 'sec-ch-ua': _hint, ...sent } = realHeaders(identity);
    const report = realReport(identity);
    const reports = Object.fromEntries(contextNames.map((name) => [name, report])) as ContextReports; // each of its names
    expect(contradictions(identity, reports, { '/': sent }).map(({ what }) => what)).toEqual(['sec-ch-ua']);
  });

  it.each([
    ['software graphics on linux', chromeOn('linux'), { graphics: { vendor: 'Google', renderer: 'SwiftShader' } }],
    ['a Chromium under its own name without plugins', {}, { plugins: 0, chrome: false }],
    ['another name of the same zone', { timezone: 'UTC' }, { timezone: 'Etc/UTC' }],
  ] as [string, IdentityPreferences, Partial<ContextReport>][])('%s – is none', async (_name, wish, said) => {
    expect(found(await identityOf(wish), said)).toEqual([]);
  });
});
