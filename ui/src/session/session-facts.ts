import type { SessionRow } from '../api.js';

/** The states of a session, as the list names them, the liveliest first. */
export const states = ['busy', 'attached', 'open', 'paused', 'asleep'] as const;

/** `Chrome 156 on Windows`, or what is known of it. */
export function identityOf({ browser, operatingSystem, device }: SessionRow): string {
  if (!browser) return '';
  const on = operatingSystem === undefined ? '' : ` on ${systemNames[operatingSystem] ?? operatingSystem}`;
  return `${capitalized(browser.name)} ${browser.version}${on}${device === 'mobile' ? ', mobile' : ''}`;
}

const systemNames: Readonly<Record<string, string>> = {
  windows: 'Windows',
  macos: 'macOS',
  linux: 'Linux',
  android: 'Android',
  ios: 'iOS',
};

export const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `residential, DE`. */
export const upstreamOf = ({ upstream = '', country }: SessionRow): string =>
  country === undefined ? upstream : `${upstream}, ${country}`;

/** An address without what every one has. */
export const shownAddress = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/$/, '');
