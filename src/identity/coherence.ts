import { appVersionOf } from './browser-strings.js';
import type { Identity } from './identity.js';
import { brandHeader } from './navigation-headers.js';
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
    ['timezone', identity.timezone ?? page?.timezone, answer.timezone],
    ['locale', page?.locale, answer.locale],
    ...clientHintRelations(identity, answer),
    ...(answer.screen ? pageRelations(identity, name, answer) : []),
  ]);
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
  if (!userAgentData || sent['sec-ch-ua'] !== undefined) {
    relations.push(
      ['sec-ch-ua', userAgentData && brandHeader(userAgentData.brands), sent['sec-ch-ua']],
      ['sec-ch-ua-platform', userAgentData && `"${userAgentData.platform}"`, sent['sec-ch-ua-platform']],
      ['sec-ch-ua-mobile', userAgentData && (userAgentData.mobile ? '?1' : '?0'), sent['sec-ch-ua-mobile']],
    );
  }
  return differing(`headers ${path}`, relations);
}
