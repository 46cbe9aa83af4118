/** How a session appears to every site, for its whole life. Plain data: how a browser is made to appear so is the engine's. */
export interface Identity {
  readonly browser: BrowserName;
  /** The major version that is presented. */
  readonly version: number;
  readonly operatingSystem: OperatingSystem;
  readonly device: Device;
  readonly userAgent: string;
  /** What client hints say; absent: a browser that has none. */
  readonly userAgentData: UserAgentData | undefined;
  /** `navigator.platform`, `.vendor`, `.productSub`. */
  readonly platform: string;
  readonly vendor: string;
  readonly productSub: string;
  /** The best first, which is also the one of dates and numbers. */
  readonly languages: readonly string[];
  /** IANA name; absent: that of the machine. */
  readonly timezone: string | undefined;
  readonly screen: Screen;
  readonly viewport: Size;
  readonly maxTouchPoints: number;
  /** Absent: as the machine has it. */
  readonly hardwareConcurrency: number | undefined;
}

export const operatingSystems = ['windows', 'macos', 'linux', 'android', 'ios'] as const;
export const devices = ['desktop', 'mobile'] as const;
export type BrowserName = 'chrome' | 'firefox' | 'safari';
export type OperatingSystem = (typeof operatingSystems)[number];
export type Device = (typeof devices)[number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Screen extends Size {
  readonly devicePixelRatio: number;
}

export interface Brand {
  readonly brand: string;
  readonly version: string;
}

/** The client hints of high entropy too, by their names in the DOM. */
export interface UserAgentData {
  readonly brands: readonly Brand[];
  readonly fullVersionList: readonly Brand[];
  readonly platform: string;
  readonly platformVersion: string;
  readonly architecture: string;
  readonly bitness: string;
  readonly model: string;
  readonly mobile: boolean;
  readonly wow64: boolean;
}

/** Which engine is behind a browser of that name: on iOS there is one for all. */
export type EngineFamily = 'chromium' | 'firefox' | 'webkit';
export function familyOf(browser: BrowserName, operatingSystem: OperatingSystem): EngineFamily {
  if (operatingSystem === 'ios' || browser === 'safari') return 'webkit';
  return browser === 'chrome' ? 'chromium' : 'firefox';
}

/** What a caller accepts: one of these values in each dimension. If a dimension is omitted, every value. */
export interface IdentityPreferences {
  readonly browser?: readonly BrowserPreference[] | undefined;
  readonly operatingSystem?: readonly OperatingSystem[] | undefined;
  readonly device?: readonly Device[] | undefined;
  readonly userAgent?: string | undefined;
  readonly locales?: readonly string[] | undefined;
  readonly timezone?: string | undefined;
  /** Whether language and time zone follow the country of the exit. Default: yes. */
  readonly setLocale?: boolean | undefined;
}

export interface BrowserPreference {
  readonly name: BrowserName;
  readonly minVersion?: number | undefined;
  readonly maxVersion?: number | undefined;
}
