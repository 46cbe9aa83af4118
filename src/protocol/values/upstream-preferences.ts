import { MooringError } from '../../errors.js';
import { optionFields } from '../fields/option-fields.js';
import type { UpstreamFields } from '../fields/proxy.js';
import { parseCountry } from './country-code.js';
import { type ProxyAddress, parseProxyUrl } from './proxy-address.js';
import type { ProxyClass } from './proxy-class.js';
import { type Reading, read, Unreadable, valueOfReading } from './reading.js';

/** What a caller asks of a session's upstream: as it is compared with other commands, and remembered. */
export interface UpstreamPreferences {
  /** A proxy of the caller's own. */
  readonly proxy?: Reading<ProxyAddress> | undefined;
  /** No proxy. */
  readonly direct?: true | undefined;
  /** Classes of the pool's proxies. If omitted, none is named. */
  readonly classes?: readonly ProxyClass[] | undefined;
  /** Of the proxy, ISO 3166-1 alpha-2. */
  readonly country?: Reading<string> | undefined;
}

/** An upstream that a session can have. */
export type WantedUpstream =
  | {
      readonly kind: 'proxy';
      readonly proxy: ProxyAddress;
      /** Read when the proxy is used: a session that has this proxy already does not ask where it is. */
      readonly country: Reading<string> | undefined;
      /** What has no effect beside a proxy. */
      readonly ignored: readonly ProxyClass[];
    }
  | { readonly kind: 'direct' }
  | { readonly kind: 'pool'; readonly class: ProxyClass | undefined; readonly country: string | undefined };

const classes = Object.entries(optionFields.classes) as [ProxyClass, keyof UpstreamFields][]; // of the table

export function readUpstream(fields: UpstreamFields): UpstreamPreferences {
  const named = classes.filter(([, field]) => fields[field]).map(([name]) => name);
  return {
    proxy: read(fields[optionFields.proxy], parseProxyUrl),
    direct: fields[optionFields.direct] || undefined,
    classes: named.length > 0 ? named : undefined,
    country: read(fields[optionFields.country], parseCountry),
  };
}

/** Whether anything is asked of the pool. */
export const asksPool = ({ classes, country }: UpstreamPreferences): boolean =>
  classes !== undefined || country !== undefined;

/** Whether they say where to connect: through this proxy, or directly. */
export const namesUpstream = ({ proxy, direct }: UpstreamPreferences): boolean =>
  proxy !== undefined || direct === true;

/**
 * The upstream that the preferences mean together.
 *
 * @throws MooringError `INVALID_PARAMETER` where one of them is unreadable, or they exclude each other
 */
export function wantedUpstream({ proxy, direct, classes = [], country }: UpstreamPreferences): WantedUpstream {
  if (proxy !== undefined) {
    if (direct) throw exclusive();
    if (proxy instanceof Unreadable) throw proxy.refusal;
    return { kind: 'proxy', proxy, country, ignored: classes };
  }
  const [wanted, ...others] = classes;
  if (others.length > 0) throw severalClasses();
  const code = valueOfReading(country); // refused beside `direct` too, where it has no effect
  return direct ? { kind: 'direct' } : { kind: 'pool', class: wanted, country: code };
}

const exclusive = (): MooringError =>
  new MooringError(
    'INVALID_PARAMETER',
    `\`${optionFields.direct}\`: expected it absent when \`${optionFields.proxy}\` is given; got \`true\`.`,
  );

function severalClasses(): MooringError {
  const names = classes.map(([, field]) => `\`${field}\``).join(', ');
  return new MooringError('INVALID_PARAMETER', `${names}: expected one of them at most; got several.`);
}
