import { MooringError } from '../errors.js';
import {
  type BrowserName,
  type Device,
  devices,
  type IdentityPreferences,
  type OperatingSystem,
  operatingSystems,
} from './identity.js';

/** One browser on one system and device, with the versions that may be presented. */
export interface Combination {
  readonly browser: BrowserName;
  readonly operatingSystem: OperatingSystem;
  readonly device: Device;
  /** Inclusive majors. */
  readonly minVersion: number;
  readonly maxVersion: number;
}

type BrowserPreference = NonNullable<IdentityPreferences['browser']>[number];

/** What exists in the world. On iOS every browser is there, by its name. */
const systemsOf: Record<BrowserName, readonly OperatingSystem[]> = {
  chrome: ['windows', 'macos', 'linux', 'android', 'ios'],
  firefox: ['windows', 'macos', 'linux', 'android', 'ios'],
  safari: ['macos', 'ios'],
};
const browsers = Object.keys(systemsOf) as BrowserName[]; // its own keys
const devicesOf: Record<OperatingSystem, readonly Device[]> = {
  windows: ['desktop'],
  macos: ['desktop'],
  linux: ['desktop'],
  android: ['mobile'],
  ios: ['mobile'],
};

/** The versions that this table knows; an engine that runs and is newer widens it. */
const knownVersions: Record<BrowserName, readonly [number, number]> = {
  chrome: [100, 156],
  firefox: [100, 153],
  safari: [15, 26],
};
/** Safari went from 18 to 26. */
const gaps: Partial<Record<BrowserName, readonly [number, number]>> = { safari: [19, 25] };

/** The newest major of a browser. */
export type Newest = Readonly<Partial<Record<BrowserName, number>>>;

/** Whether a browser has had that major. */
function versionExists(browser: BrowserName, version: number): boolean {
  const [from, to] = gaps[browser] ?? [0, -1];
  return version < from || version > to;
}

/**
 * Every combination that fits the preferences. If no device is preferred, it is a desktop, unless only a phone fits the rest.
 *
 * @throws MooringError `IDENTITY_IMPOSSIBLE`, saying which values would do
 */
export function combinationsOf(preferences: IdentityPreferences, newest: Newest): Combination[] {
  const accepted: readonly BrowserPreference[] = preferences.browser?.length
    ? preferences.browser
    : browsers.map((name) => ({ name }));
  for (const { name, minVersion, maxVersion } of accepted) {
    if (minVersion !== undefined && maxVersion !== undefined && minVersion > maxVersion)
      throw impossible(`${name} from ${minVersion} to ${maxVersion}`, 'a `minVersion` that is not above `maxVersion`');
  }
  const wantedSystems = preferences.operatingSystem?.length ? preferences.operatingSystem : operatingSystems;
  const wantedDevices = preferences.device?.length ? preferences.device : devices;
  const found = accepted.flatMap(({ name, minVersion = 0, maxVersion = Number.POSITIVE_INFINITY }) => {
    const [from, to] = rangeOf(name, newest);
    const [min, max] = [Math.max(from, minVersion), Math.min(to, maxVersion)];
    const exists = versionsOf(name, min, max).length > 0;
    return systemsOf[name]
      .filter((system) => exists && wantedSystems.includes(system))
      .flatMap((operatingSystem) =>
        devicesOf[operatingSystem]
          .filter((device) => wantedDevices.includes(device))
          .map((device) => ({ browser: name, operatingSystem, device, minVersion: min, maxVersion: max })),
      );
  });
  const onDesktop = found.filter(({ device }) => device === 'desktop');
  if (!preferences.device?.length && onDesktop.length > 0) return onDesktop;
  if (found.length > 0) return found;
  throw impossible(preferencesText(preferences), possibleText(newest));
}

/** The majors of a browser in a range, oldest first. */
export function versionsOf(browser: BrowserName, min: number, max: number): number[] {
  const all: number[] = [];
  for (let version = min; version <= max; version++) if (versionExists(browser, version)) all.push(version);
  return all;
}

function rangeOf(browser: BrowserName, newest: Newest): [number, number] {
  const [from, to] = knownVersions[browser];
  return [from, Math.max(to, newest[browser] ?? 0)];
}

const impossible = (came: string, expected: string): MooringError =>
  new MooringError('IDENTITY_IMPOSSIBLE', `expected ${expected}; got ${came}.`);

function preferencesText({ browser, operatingSystem, device }: IdentityPreferences): string {
  const names = browser?.map(({ name, minVersion, maxVersion }) =>
    minVersion === undefined && maxVersion === undefined ? name : `${name} ${minVersion ?? ''}–${maxVersion ?? ''}`,
  );
  return [names?.join(' or '), operatingSystem?.join(' or '), device?.join(' or ')].filter(Boolean).join(', ');
}

function possibleText(newest: Newest): string {
  const all = browsers.map((name) => {
    const [from, to] = rangeOf(name, newest);
    const [lost, found] = gaps[name] ?? [];
    const range =
      lost === undefined || found === undefined ? `${from}–${to}` : `${from}–${lost - 1}, ${found + 1}–${to}`;
    return `${name} (${range}) on ${systemsOf[name].join(', ')}`;
  });
  return `one of ${all.join('; ')}; desktop on windows, macos, linux, mobile on android, ios`;
}
