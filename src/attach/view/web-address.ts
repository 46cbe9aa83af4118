import { MooringError } from '../../errors.js';

/**
 * What a person wrote into the address bar, as a URL. Without a scheme it is a host.
 *
 * @throws MooringError `INVALID_PARAMETER` for anything but http and https: other schemes read this machine, or run code
 */
export function webAddress(written: string): string {
  const hasScheme = /^[a-z][a-z\d+.-]*:(?!\d)/i.test(written);
  const text = hasScheme ? written : `https://${written}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
  throw new MooringError('INVALID_PARAMETER', `expected an address with http or https; got ${written.slice(0, 100)}.`);
}
