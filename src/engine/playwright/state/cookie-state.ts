import type { BrowserContext } from 'playwright-core';
import type { StoredCookie } from '../../../snapshots/browser-state.js';

/** A cookie as the driver has it, with what its types do not tell. */
interface DriverCookie extends Omit<StoredCookie, 'crossSiteAncestor' | 'partitionKey'> {
  readonly partitionKey?: string;
  readonly _crHasCrossSiteAncestor?: boolean;
}

/** Every cookie of a context, partitioned ones with the site that they belong below. */
export async function takeCookies(context: BrowserContext): Promise<StoredCookie[]> {
  const cookies = (await context.cookies()) as DriverCookie[]; // as it has them
  return cookies.map(({ _crHasCrossSiteAncestor: crossSiteAncestor, partitionKey, ...cookie }) => ({
    ...cookie,
    ...(partitionKey === undefined ? {} : { partitionKey }),
    ...(crossSiteAncestor === undefined ? {} : { crossSiteAncestor }),
  }));
}

/**
 * Gives a context its cookies, in one call unless the browser refuses one of them.
 *
 * @returns those that it does not take, a sentence each
 */
export async function giveCookies(context: BrowserContext, cookies: readonly StoredCookie[]): Promise<string[]> {
  const now = Date.now() / 1000;
  const valid = cookies.filter(({ expires }) => expires === -1 || expires > now);
  if (valid.length === 0) return [];
  await addAsPossible(context, valid);
  // Some browsers drop what they do not take without a word.
  const taken = new Set((await takeCookies(context)).map(nameOf));
  return valid
    .filter((cookie) => !taken.has(nameOf(cookie)))
    .map(({ name, domain }) => `The browser does not take the cookie ${name} of ${domain}.`);
}

const nameOf = ({ name, domain, path }: StoredCookie): string => JSON.stringify([name, domain.toLowerCase(), path]);

/** A call with one bad cookie sets none: halves that fail are halved again. */
async function addAsPossible(context: BrowserContext, cookies: readonly StoredCookie[]): Promise<void> {
  try {
    await context.addCookies(cookies.map(asDriverCookie));
  } catch {
    if (cookies.length === 1) return;
    const middle = Math.ceil(cookies.length / 2);
    await addAsPossible(context, cookies.slice(0, middle));
    await addAsPossible(context, cookies.slice(middle));
  }
}

function asDriverCookie({ crossSiteAncestor, partitionKey, ...cookie }: StoredCookie): DriverCookie {
  if (partitionKey === undefined) return cookie;
  if (crossSiteAncestor === undefined) return { ...cookie, partitionKey };
  return { ...cookie, partitionKey, _crHasCrossSiteAncestor: crossSiteAncestor };
}
