import { describe, expect, it } from 'vitest';
import {
  appVersionOf,
  brandList,
  fullChromeVersion,
  readUserAgent,
  userAgentOf,
} from '../../../src/identity/browser-strings.js';
import { acceptLanguage, brandHeader } from '../../../src/identity/navigation-headers.js';

describe('brandList', () => {
  // As these releases send it.
  it.each([
    [116, '"Chromium";v="116", "Not)A;Brand";v="24", "Google Chrome";v="116"'],
    [120, '"Not_A Brand";v="8", "Chromium";v="120", "Google Chrome";v="120"'],
    [124, '"Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"'],
    [131, '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"'],
    [147, '"Google Chrome";v="147", "Not.A/Brand";v="8", "Chromium";v="147"'],
  ])('%i – as that release has it', (major, header) => {
    expect(brandHeader(brandList(major, 'Google Chrome', String(major)))).toBe(header);
  });

  it('of full versions – the meaningless one is full too', () => {
    expect(brandList(147, 'Google Chrome', '147.0.7727.138')).toContainEqual({
      brand: 'Not.A/Brand',
      version: '8.0.0.0',
    });
  });
});

it.each([
  [
    'chrome',
    147,
    'windows',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
  ],
  [
    'chrome',
    147,
    'android',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Mobile Safari/537.36',
  ],
  ['firefox', 150, 'macos', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0'],
  ['firefox', 115, 'linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0'],
  [
    'safari',
    18,
    'macos',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
  ],
  [
    'safari',
    18,
    'ios',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  ],
] as const)(
  '%s %i on %s – writes its user agent as its vendor does, and reads it back',
  (browser, version, operatingSystem, userAgent) => {
    const device = operatingSystem === 'android' || operatingSystem === 'ios' ? 'mobile' : 'desktop';
    const subject = { browser, version, operatingSystem, device } as const;
    expect(userAgentOf(subject)).toBe(userAgent);
    expect(readUserAgent(userAgent)).toEqual(subject);
  },
);

it('readUserAgent – of others, nothing', () => {
  expect(readUserAgent('curl/8.0')).toBeUndefined();
  expect(
    readUserAgent(
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36 Edg/120.0',
    ),
  ).toBeUndefined();
});

it('fullChromeVersion – has the branch of that major, and grows', () => {
  expect(fullChromeVersion(120)).toMatch(/^120\.0\.6099\.\d+$/);
  const branches = [...Array(60).keys()].map((n) => Number(fullChromeVersion(100 + n).split('.')[2]));
  expect(branches).toEqual([...branches].sort((a, b) => a - b));
});

it('appVersionOf – the user agent without its first word; of Firefox the system alone', () => {
  expect(appVersionOf({ userAgent: 'Mozilla/5.0 (X)', browser: 'chrome', operatingSystem: 'linux' })).toBe('5.0 (X)');
  expect(appVersionOf({ userAgent: 'x', browser: 'firefox', operatingSystem: 'linux' })).toBe('5.0 (X11)');
});

it('acceptLanguage – each a tenth less wanted', () => {
  expect(acceptLanguage(['de-DE', 'de', 'en'])).toBe('de-DE,de;q=0.9,en;q=0.8');
});
