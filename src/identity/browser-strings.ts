import {
  type Brand,
  type BrowserName,
  type Device,
  familyOf,
  type Identity,
  type OperatingSystem,
  type UserAgentData,
} from './identity.js';

/** What a browser says of itself by its version, system and device alone. */
export interface Subject {
  readonly browser: BrowserName;
  readonly version: number;
  readonly operatingSystem: OperatingSystem;
  readonly device: Device;
}

/** The system as Chromium and WebKit name it since they froze it. */
const frozenSystem: Record<OperatingSystem, string> = {
  windows: 'Windows NT 10.0; Win64; x64',
  macos: 'Macintosh; Intel Mac OS X 10_15_7',
  linux: 'X11; Linux x86_64',
  android: 'Linux; Android 10; K',
  ios: '',
};
const geckoSystem: Record<OperatingSystem, string> = {
  windows: 'Windows NT 10.0; Win64; x64',
  macos: 'Macintosh; Intel Mac OS X 10.15',
  linux: 'X11; Linux x86_64',
  android: 'Android 15; Mobile',
  ios: '',
};
const platforms: Record<OperatingSystem, string> = {
  windows: 'Win32',
  macos: 'MacIntel',
  linux: 'Linux x86_64',
  android: 'Linux armv81',
  ios: 'iPhone',
};

/** The last minor version of each Safari. */
const safariMinor: Readonly<Record<number, string>> = { 15: '6', 16: '6', 17: '6', 18: '6', 26: '0' };
const safariVersion = (major: number): string => `${major}.${safariMinor[major] ?? '0'}`;
/** iOS 26 and later go on calling themselves 18.6 here. */
const iosVersion = (safari: number): string => (safari >= 26 ? '18_6' : safariVersion(safari).replace('.', '_'));

/** The user agent of a release, as its vendor writes it. */
export function userAgentOf({ browser, version, operatingSystem }: Subject): string {
  if (operatingSystem === 'ios') return iosUserAgent(browser, version);
  if (browser === 'chrome') {
    const mobile = operatingSystem === 'android' ? ' Mobile' : '';
    return `Mozilla/5.0 (${frozenSystem[operatingSystem]}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0${mobile} Safari/537.36`;
  }
  if (browser === 'firefox') {
    // Before 110 `rv:` stopped at 109, so that no site would take 11x for Internet Explorer 11.
    const rv = version >= 110 && version < 120 ? 109 : version;
    const gecko = operatingSystem === 'android' ? `${version}.0` : '20100101';
    return `Mozilla/5.0 (${geckoSystem[operatingSystem]}; rv:${rv}.0) Gecko/${gecko} Firefox/${version}.0`;
  }
  return `Mozilla/5.0 (${frozenSystem.macos}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${safariVersion(version)} Safari/605.1.15`;
}

function iosUserAgent(browser: BrowserName, version: number): string {
  const safari = browser === 'safari' ? version : 18;
  const product = {
    chrome: `CriOS/${fullChromeVersion(version)} Mobile/15E148 Safari/604.1`,
    firefox: `FxiOS/${version}.0 Mobile/15E148 Safari/605.1.15`,
    safari: `Version/${safariVersion(safari)} Mobile/15E148 Safari/604.1`,
  }[browser];
  return `Mozilla/5.0 (iPhone; CPU iPhone OS ${iosVersion(safari)} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ${product}`;
}

/** `navigator.platform`. */
export const platformOf = (operatingSystem: OperatingSystem): string => platforms[operatingSystem];

/** `navigator.vendor` and `.productSub`, which tell the engines apart. */
export function vendorOf({ browser, operatingSystem }: Subject): { vendor: string; productSub: string } {
  if (operatingSystem === 'ios' || browser === 'safari')
    return { vendor: 'Apple Computer, Inc.', productSub: '20030107' };
  return browser === 'firefox'
    ? { vendor: '', productSub: '20100101' }
    : { vendor: 'Google Inc.', productSub: '20030107' };
}

const hintPlatforms: Record<OperatingSystem, readonly [name: string, version: string]> = {
  windows: ['Windows', '15.0.0'],
  macos: ['macOS', '15.6.1'],
  linux: ['Linux', ''],
  android: ['Android', '15.0.0'],
  ios: ['iOS', ''],
};

/** The client hints of a release of Chrome; nothing for browsers that have none. */
export function userAgentDataOf(subject: Subject, product: string, fullVersion: string): UserAgentData | undefined {
  const { browser, version, operatingSystem, device } = subject;
  if (browser !== 'chrome' || operatingSystem === 'ios') return undefined;
  const [platform, platformVersion] = hintPlatforms[operatingSystem];
  const isAndroid = operatingSystem === 'android';
  return {
    brands: brandList(version, product, String(version)),
    fullVersionList: brandList(version, product, fullVersion),
    platform,
    platformVersion,
    architecture: isAndroid ? '' : operatingSystem === 'macos' ? 'arm' : 'x86',
    bitness: isAndroid ? '' : '64',
    model: isAndroid ? 'Pixel 8' : '',
    mobile: device === 'mobile',
    wow64: false,
  };
}

const greaseCharacters = [' ', '(', ':', '-', '.', '/', ')', ';', '=', '?', '_'] as const;
const greaseVersions = ['8', '99', '24'] as const;
const brandOrders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

/**
 * The brands of a major, with the meaningless one among them, at the place that Chromium puts it.
 *
 * @param product `Google Chrome`, or nothing for a Chromium that bears no name of its own
 * @see https://wicg.github.io/ua-client-hints/#grease, and `GenerateBrandVersionList` of Chromium
 */
export function brandList(major: number, product: string, version: string): Brand[] {
  const character = (i: number): string => greaseCharacters[i % greaseCharacters.length] ?? '';
  const greaseVersion = greaseVersions[major % greaseVersions.length] ?? '';
  const isFull = version.includes('.');
  const grease = {
    brand: `Not${character(major)}A${character(major + 1)}Brand`,
    version: isFull ? `${greaseVersion}.0.0.0` : greaseVersion,
  };
  const chromium = { brand: 'Chromium', version };
  if (product === '') return major % 2 === 0 ? [grease, chromium] : [chromium, grease];
  const order = brandOrders[major % brandOrders.length] ?? brandOrders[0];
  const list: Brand[] = [];
  for (const [i, brand] of [grease, chromium, { brand: product, version }].entries()) list[order[i] ?? i] = brand;
  return list;
}

/** The branch of some majors of Chrome; between them a major comes every 40 or so. */
const chromeBranches: readonly (readonly [major: number, branch: number])[] = [
  [100, 4896],
  [110, 5481],
  [116, 5845],
  [120, 6099],
  [130, 6723],
  [140, 7339],
  [147, 7727],
  [156, 8078],
];

/** A full version that a major of Chrome may have. */
export function fullChromeVersion(major: number): string {
  const found = chromeBranches.findIndex(([known]) => known >= major);
  const i = found < 0 ? chromeBranches.length - 1 : Math.max(1, found); // beyond the table as at its end
  const [[fromMajor, from], [toMajor, to]] = [chromeBranches[i - 1] ?? [100, 4896], chromeBranches[i] ?? [156, 8078]];
  const branch = Math.round(from + ((to - from) * (major - fromMajor)) / (toMajor - fromMajor));
  return `${major}.0.${branch}.${60 + (major % 7) * 11}`;
}

/** What a user agent says it is; nothing when it is none that is known. */
export function readUserAgent(userAgent: string): Subject | undefined {
  const operatingSystem = systemIn(userAgent);
  if (!operatingSystem || /Edg|OPR|SamsungBrowser/.test(userAgent)) return undefined;
  const patterns: Record<BrowserName, RegExp> = {
    chrome: /(?:Chrome|CriOS)\/(\d+)/,
    firefox: /(?:Firefox|FxiOS)\/(\d+)/,
    safari: /Version\/(\d+)\S* (?:Mobile\/\S+ )?Safari/,
  };
  for (const [browser, pattern] of Object.entries(patterns) as [BrowserName, RegExp][]) {
    // its own keys
    const version = Number(pattern.exec(userAgent)?.[1]);
    if (version > 0) {
      const device = operatingSystem === 'android' || operatingSystem === 'ios' ? 'mobile' : 'desktop';
      return { browser, version, operatingSystem, device };
    }
  }
  return undefined;
}

function systemIn(userAgent: string): OperatingSystem | undefined {
  if (/iPad/.test(userAgent)) return undefined; // its screen and platform are others than a phone's
  if (/iPhone/.test(userAgent)) return 'ios';
  if (/Android/.test(userAgent)) return 'android';
  if (/Windows NT/.test(userAgent)) return 'windows';
  if (/Macintosh/.test(userAgent)) return 'macos';
  return /Linux|X11/.test(userAgent) ? 'linux' : undefined;
}

/** `navigator.appVersion`: the user agent without its first word, but in Firefox the system alone. */
export function appVersionOf({
  userAgent,
  browser,
  operatingSystem,
}: Pick<Identity, 'userAgent' | 'browser' | 'operatingSystem'>): string {
  if (familyOf(browser, operatingSystem) !== 'firefox') return userAgent.replace(/^Mozilla\//, '');
  const names = { windows: 'Windows', macos: 'Macintosh', linux: 'X11', android: 'Android 15', ios: '' };
  return `5.0 (${names[operatingSystem]})`;
}
