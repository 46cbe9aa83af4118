import { type Brand, familyOf, type Identity } from './identity.js';

const accepted = {
  chromium:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  webkit: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
} as const;

/**
 * What Firefox asks for when it goes to a document.
 *
 * @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Content_negotiation/List_of_default_Accept_values
 */
function acceptedByFirefox(version: number): string {
  const images =
    version >= 132 ? '' : version >= 128 ? 'image/avif,image/webp,image/png,image/svg+xml,' : 'image/avif,image/webp,';
  return `text/html,application/xhtml+xml,application/xml;q=0.9,${images}*/*;q=0.8`;
}

/** The `accept` header with which such a browser goes to a document. */
export function acceptOf({ browser, operatingSystem, version }: Identity): string {
  const family = familyOf(browser, operatingSystem);
  return family === 'firefox' ? acceptedByFirefox(version) : accepted[family];
}

/** Of what is asked for packed, `zstd` is left out: nothing here unpacks it. */
const packed = 'gzip, deflate, br';

/** What browsers treat as secure: https, and this machine (https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy). */
export function isTrustworthy({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The headers that such a browser sends when it goes to a URL by itself, in its order. Without cookies. */
export function navigationHeaders(identity: Identity, url: URL): Record<string, string> {
  const family = familyOf(identity.browser, identity.operatingSystem);
  const isSecure = isTrustworthy(url);
  const userAgent = { 'user-agent': identity.userAgent };
  const language = { 'accept-language': acceptLanguage(identity.languages) };
  const fetchHeaders: Record<string, string> = isSecure
    ? { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1', 'sec-fetch-dest': 'document' }
    : {};
  if (family !== 'chromium') {
    return {
      ...userAgent,
      accept: acceptOf(identity),
      ...language,
      'accept-encoding': packed,
      'upgrade-insecure-requests': '1',
      ...fetchHeaders,
    };
  }
  return {
    ...(isSecure ? clientHints(identity) : {}),
    'upgrade-insecure-requests': '1',
    ...userAgent,
    accept: acceptOf(identity),
    ...fetchHeaders,
    'accept-encoding': packed,
    ...language,
  };
}

function clientHints({ userAgentData }: Identity): Record<string, string> {
  if (!userAgentData) return {};
  return {
    'sec-ch-ua': brandHeader(userAgentData.brands),
    'sec-ch-ua-mobile': userAgentData.mobile ? '?1' : '?0',
    'sec-ch-ua-platform': `"${userAgentData.platform}"`,
  };
}

/** Brands as a header has them (RFC 8941). */
export const brandHeader = (brands: readonly Brand[]): string =>
  brands.map(({ brand, version }) => `"${brand}";v="${version}"`).join(', ');

/** Languages as a header has them: each a tenth less wanted than the one before. */
export const acceptLanguage = (languages: readonly string[]): string =>
  languages.map((tag, i) => (i === 0 ? tag : `${tag};q=${Math.max(0.1, 1 - i / 10).toFixed(1)}`)).join(',');
