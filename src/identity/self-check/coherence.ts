import { appVersionOf } from '../browser-strings.js';
import { isSameZone, machineTimezone } from '../country-locale.js';
import { familyOf, type Identity } from '../identity.js';
import { acceptOf, brandHeader } from '../navigation-headers.js';
import {
  type ContextAnswer,
  type ContextName,
  type ContextReport,
  type ContextReports,
  contextNames,
} from './self-check-page.js';

/** Where something that a site sees does not fit the identity. */
export interface Contradiction {
  /** `headers /frame`, `worker`, … */
  readonly where: string;
  /** `platform`, `sec-ch-ua`, … */
  readonly what: string;
  readonly expected: unknown;
  readonly came: unknown;
}

/** What `navigator.webdriver` says in every session: nothing here hides that the browser is driven. */
export const isDriven = true;

/** The headers of each request of the self-check, by its path; lower-case names. */
export type HeadersByPath = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Every contradiction in what the contexts and requests of a session say. */
export function contradictions(identity: Identity, reports: ContextReports, headers: HeadersByPath): Contradiction[] {
  const { page } = reports;
  const first = isReport(page) ? page : undefined;
  return [
    ...contextNames.flatMap((name) => inContext(identity, name, reports[name], first)),
    ...Object.entries(headers).flatMap(([path, sent]) => inHeaders(identity, path, sent)),
  ];
}

const isReport = (answer: ContextAnswer): answer is ContextReport => !('failed' in answer);

type Relation = readonly [what: string, expected: unknown, came: unknown];

const differing = (where: string, relations: readonly Relation[]): Contradiction[] =>
  relations
    .filter(([, expected, came]) => JSON.stringify(expected) !== JSON.stringify(came))
    .map(([what, expected, came]) => ({ where, what, expected, came }));

function inContext(
  identity: Identity,
  name: ContextName,
  answer: ContextAnswer,
  page: ContextReport | undefined,
): Contradiction[] {
  if (!isReport(answer)) return [{ where: name, what: 'context', expected: 'a report', came: answer.failed }];
  return differing(name, [
    ['userAgent', identity.userAgent, answer.userAgent],
    ['appVersion', appVersionOf(identity), answer.appVersion],
    ['platform', identity.platform, answer.platform],
    ['languages', identity.languages, answer.languages],
    ['hardwareConcurrency', identity.hardwareConcurrency ?? page?.hardwareConcurrency, answer.hardwareConcurrency],
    ['deviceMemory', page?.deviceMemory, answer.deviceMemory],
    ...timezoneRelations(identity, answer),
    ['locale', page?.locale, answer.locale],
    ...clientHintRelations(identity, answer),
    ...(answer.screen ? pageRelations(identity, name, answer) : []),
  ]);
}

function timezoneRelations({ timezone = machineTimezone() }: Identity, answer: ContextReport): Relation[] {
  return isSameZone(timezone, answer.timezone) ? [] : [['timezone', timezone, answer.timezone]];
}

function clientHintRelations({ userAgentData }: Identity, { userAgentData: said }: ContextReport): Relation[] {
  if (!userAgentData || !said) return [['userAgentData', userAgentData, said]];
  return Object.entries(userAgentData).map(([name, value]) => [`userAgentData.${name}`, value, said[name]] as const);
}

/** What only pages have: engine, screen, touch. */
function pageRelations(identity: Identity, name: ContextName, answer: ContextReport): Relation[] {
  const { screen, maxTouchPoints, device } = identity;
  const said = answer.screen;
  const isMobile = device === 'mobile';
  const isLarger = (a = 0, b = 0): boolean => a >= b;
  const [language = ''] = answer.languages;
  return [
    ['vendor', identity.vendor, answer.vendor],
    ['productSub', identity.productSub, answer.productSub],
    ['maxTouchPoints', maxTouchPoints, answer.maxTouchPoints],
    ['pointer', isMobile ? 'coarse' : 'fine', answer.pointer],
    ['hover', !isMobile, answer.hover],
    ['screen.width', screen.width, said?.width],
    ['screen.height', screen.height, said?.height],
    ['screen.availWidth within screen.width', true, isLarger(said?.width, said?.availWidth)],
    ['screen.availHeight within screen.height', true, isLarger(said?.height, said?.availHeight)],
    ['devicePixelRatio', screen.devicePixelRatio, answer.devicePixelRatio],
    [
      'deviceMemory only where there are client hints',
      true,
      identity.userAgentData !== undefined || answer.deviceMemory === undefined,
    ],
    ...abilityRelations(identity, answer),
    ['locale and languages', language.split('-')[0], answer.locale.split('-')[0]],
    ...(name === 'page'
      ? ([
          [
            'viewport within screen',
            true,
            isLarger(said?.width, answer.viewport?.width) && isLarger(said?.height, answer.viewport?.height),
          ],
        ] as const)
      : []),
  ];
}

/** Graphics that are drawn by software, or are named after a driver that Linux alone has. */
const isGraphicsOfServer = /SwiftShader|llvmpipe|softpipe|Mesa/i;
/** Of these it is known for certain that they say 8 at most; newer ones on desktops say up to 32. */
const lastWithSmallMemory = 140;

/** What such a browser has on such a device, whatever its user agent says. */
function abilityRelations(identity: Identity, answer: ContextReport): Relation[] {
  const { browser, operatingSystem, version, device, userAgentData } = identity;
  const relations: Relation[] = [['webdriver', isDriven, answer.webdriver]];
  const family = familyOf(browser, operatingSystem);
  // A Chromium that bears no vendor's name claims none of it.
  const isChrome = userAgentData?.brands.some(({ brand }) => brand === 'Google Chrome') ?? false;
  if (isChrome && device === 'desktop')
    relations.push(['plugins', 5, answer.plugins], ['window.chrome', true, answer.chrome]);
  if (family !== 'chromium') relations.push(['window.chrome', false, answer.chrome]);
  const isSmall = device === 'mobile' || version <= lastWithSmallMemory;
  if (isChrome && isSmall && (answer.deviceMemory ?? 0) > 8)
    relations.push(['deviceMemory', 'at most 8', answer.deviceMemory]);
  const renderer = answer.graphics?.renderer;
  if (operatingSystem !== 'linux' && (renderer === undefined || isGraphicsOfServer.test(renderer)))
    relations.push(['graphics', `those of ${operatingSystem}`, renderer ?? 'no WebGL']);
  return relations;
}

/** What the requests for documents are for, by their path. */
const documents: Readonly<Record<string, string>> = { '/': 'document', '/frame': 'iframe', '/popup': 'document' };

function documentRelations(
  identity: Identity,
  destination: string,
  { accept = '', 'sec-fetch-dest': sentFor }: Readonly<Record<string, string>>,
): Relation[] {
  const { browser, operatingSystem, version } = identity;
  const expected = acceptOf(identity);
  // Chrome's changes from release to release; these two marks are certain.
  const fits =
    familyOf(browser, operatingSystem) === 'chromium'
      ? accept.includes('application/signed-exchange') && (version > lastWithoutJxl || !accept.includes('image/jxl'))
      : accept === expected;
  // Safari has them from 16.4 on.
  const isWithout = browser === 'safari' && version < 16;
  return [
    ...(fits ? [] : ([['accept', expected, accept]] as const)),
    ...(isWithout || sentFor !== undefined
      ? ([['sec-fetch-dest', isWithout ? undefined : destination, sentFor]] as const)
      : []),
  ];
}

/** Newer ones may ask for JPEG XL; Chromium 156 does. */
const lastWithoutJxl = 140;

function inHeaders(identity: Identity, path: string, sent: Readonly<Record<string, string>>): Contradiction[] {
  const { userAgentData } = identity;
  const relations: Relation[] = [['user-agent', identity.userAgent, sent['user-agent']]];
  const language = sent['accept-language'];
  // A browser fetches the script of a service worker without it; how fast the others fall behind the first is its own.
  if (path !== '/service-worker.js' || language !== undefined)
    relations.push([
      'accept-language',
      identity.languages,
      language?.split(',').map((tag) => tag.split(';')[0]?.trim()),
    ]);
  const destination = documents[path];
  if (destination !== undefined) relations.push(...documentRelations(identity, destination, sent));
  if (!userAgentData || sent['sec-ch-ua'] !== undefined || path === '/') {
    relations.push(
      ['sec-ch-ua', userAgentData && brandHeader(userAgentData.brands), sent['sec-ch-ua']],
      ['sec-ch-ua-platform', userAgentData && `"${userAgentData.platform}"`, sent['sec-ch-ua-platform']],
      ['sec-ch-ua-mobile', userAgentData && (userAgentData.mobile ? '?1' : '?0'), sent['sec-ch-ua-mobile']],
    );
  }
  return differing(`headers ${path}`, relations);
}
