import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'compatibility.md'), 'utf8');

/** What the contract names, written down by hand: the page is printed from the schemas, and would not miss what they miss. */
const contract = {
  '`sessions.create`':
    'session proxy datacenter premiumProxy mobileProxy proxyCountry noProxy whitelistedDomains blackListedDomains ' +
    'session_ttl maxLifetime browser operatingSystem device userAgent locales timezone',
  '`request.*`':
    'url session closeAfterUse keepSamePage requestType retries attempts timeout onlyStatusCode dontLoadMainSite postData ' +
    'customHeaders referer cookies cookiejar localStorage fullPageLoad dontWaitOnPageLoad waitForUrl removeIframes ' +
    'blockCookieBanners interceptFetchRequest abortOnDetection abortOnPostRequest waitForAbortOnDetection ' +
    'waitForAbortOnDetectionTimeout whitelistedDomains blackListedDomains cssSelector customAttribute innerText markdown ' +
    'regex includeImages includeLinks filter screenshot screenshotWidth screenshotHeight fullPage screenshotUpload pdf ' +
    'base64Response base64 binary video listAllRedirects browserActions mouseMovements forceMouseMovement',
  '`browserActions`':
    'click type goto wait wait_for_selector wait_for_function wait_for_load_state wait_for_cookie execute_js scroll hover ' +
    'keyboard dropdown switch_iframe set_viewport if while remove_iframes screenshot upload download',
  FlareSolverr:
    'session url postData maxTimeout session_ttl_minutes cookies returnOnlyCookies returnScreenshot waitInSeconds ' +
    'disableMedia proxy',
};
const others = {
  'no effect, with a warning':
    'automaticallySolveCaptchas alwaysLoad cloudflareBypass datadomeBypass kasadaBypass disableAntiBot ' +
    'profileId forceUniqueFingerprint webrtcIpv4 webrtcIpv6 neverCacheDomains headful showBrowser devTools ' +
    'waitForSpecificActionOnSite javascriptReturn setCustomHeaders legacy websocket MAX_SESSIONS_OPEN',
  refused: 'autoparse structure model api_key solve_captcha discord_login',
};

const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('`'))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| |\|$/g, '').trim()));

/** Under what a test says that it covers a row of each group. */
const groupNames: Record<string, string> = {
  '`sessions.create`': 'create',
  '`sessions.*`': 'command',
  '`request.*`': 'request',
  '`request.batch`': 'batch',
  '`browserActions`': 'action',
  FlareSolverr: 'dialect',
};

/** What the tests of that title say they cover, each as `request cssSelector`. */
function coveredBy(test: string): string[] {
  const [file = '', title = ''] = test.split(' › ');
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  const start = new RegExp(
    `\\(\\s*['"]${escaped}['"],\\s*(?:async )?\\([^()]*\\) => \\{((?:\\s*covers\\([^()]*\\);)*)`,
    'g',
  );
  const said = [...readFileSync(join(root, file), 'utf8').matchAll(start)].map(([, statements]) => statements).join('');
  return [...said.matchAll(/covers\(([^()]*)\)/g)].flatMap(([, list = '']) => {
    const [group, ...names] = [...list.matchAll(/'(.+?)'/g)].map(([, name]) => name);
    return names.map((name) => `${group} ${name}`);
  });
}

const row = (group: string, name: string) => rows.find((cells) => cells[0] === group && cells[1] === `\`${name}\``);

it.each(Object.entries(contract).flatMap(([group, names]) => names.split(' ').map((name) => [group, name] as const)))(
  '%s %s – has a row, and works',
  (group, name) => {
    expect(row(group, name)?.[2]).toBe('works');
    expect(row(group, name)?.at(-1)).toMatch(/^test\/.+ › /);
  },
);

it('nothing is refused, or without effect, but what the contract says', () => {
  for (const [state, names] of Object.entries(others)) {
    const found = rows.filter((cells) => cells[2] === state).map((cells) => cells[1]?.replaceAll('`', ''));
    expect(found).toEqual(names.split(' '));
  }
});

it.each(rows.map((cells) => [cells[0] ?? '', cells[1]?.replaceAll('`', '') ?? '', cells.at(-1) ?? ''] as const))(
  '%s %s – its test covers it',
  (group, name, test) => {
    expect(coveredBy(test)).toContain(`${groupNames[group]} ${name}`);
  },
);
