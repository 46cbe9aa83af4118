import { MooringError } from '../errors.js';
import { actionShapes, maxActionDepth, maxActions, unsupportedActions } from './actions.js';
import { fieldsWhere, traitsOf } from './fields/define-fields.js';
import { requestSchema } from './fields/request.js';
import { pendingSessionFields } from './fields/session-options.js';
import { distance, looseName, nearestName } from './nearest-name.js';
import { isSolvingField } from './solving-fields.js';
import { shorten } from './validation-message.js';

/**
 * The names of fields, as callers write them. Case does not count, nor do `_` and `-`. What the API does not have fails no
 * command, but is told in a warning with the name that was likely meant. Except what would be unsafe to ignore: a
 * misspelt `proxy` would let the page see the address of the server.
 */

const fields = { ...requestSchema.shape, ...pendingSessionFields };
/** Fields that limit where a session goes, how much, or which session it is. */
const guards: readonly string[] = fieldsWhere(fields, (traits) => traits.guards === true);

/** Names for them in other APIs, loose (see `looseName`), which no count of letters would find. */
const foreignGuards: ReadonlyMap<string, string> = new Map(
  Object.entries({
    proxyurl: 'proxy',
    proxyuri: 'proxy',
    proxies: 'proxy',
    proxyserver: 'proxy',
    proxyaddress: 'proxy',
    proxyhost: 'proxy',
    proxystring: 'proxy',
    proxyconfig: 'proxy',
    proxyoptions: 'proxy',
    proxysettings: 'proxy',
    proxyusername: 'proxy',
    proxypassword: 'proxy',
    proxyauth: 'proxy',
    httpproxy: 'proxy',
    httpsproxy: 'proxy',
    socksproxy: 'proxy',
    customproxy: 'proxy',
    ownproxy: 'proxy',
    useproxy: 'proxy',
    upstreamproxy: 'proxy',
    proxycountrycode: 'proxyCountry',
    whitelist: 'whitelistedDomains',
    allowlist: 'whitelistedDomains',
    alloweddomains: 'whitelistedDomains',
    allowdomains: 'whitelistedDomains',
    allowlisteddomains: 'whitelistedDomains',
    domainwhitelist: 'whitelistedDomains',
    blacklist: 'blackListedDomains',
    blocklist: 'blackListedDomains',
    denylist: 'blackListedDomains',
    blockeddomains: 'blackListedDomains',
    blockdomains: 'blackListedDomains',
    denieddomains: 'blackListedDomains',
    domainblacklist: 'blackListedDomains',
    bytelimit: 'maxBytes',
    maxbandwidth: 'maxBytes',
    sessionname: 'session',
    sessionkey: 'session',
    persistent: 'persist',
    persistence: 'persist',
  }),
);

/** What other APIs call our fields, loose. */
const foreignNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    body: 'postData',
    data: 'postData',
    payload: 'postData',
    json: 'postData',
    form: 'postData',
    formdata: 'postData',
    headers: 'customHeaders',
    extraheaders: 'customHeaders',
    httpheaders: 'customHeaders',
    cookie: 'cookies',
    actions: 'browserActions',
    steps: 'browserActions',
    instructions: 'browserActions',
    jsscenario: 'browserActions',
    wait: 'browserActions',
    waitfor: 'browserActions',
    waitforselector: 'browserActions',
    waitinseconds: 'browserActions',
    script: 'browserActions',
    evaluate: 'browserActions',
    href: 'url',
    uri: 'url',
    ua: 'userAgent',
    country: 'proxyCountry',
    countrycode: 'proxyCountry',
    geo: 'proxyCountry',
    premium: 'premiumProxy',
    ttl: 'session_ttl',
    sessionttlminutes: 'session_ttl',
    sessiontimeout: 'session_ttl',
    idletimeout: 'session_ttl',
    timeoutms: 'timeout',
    returnscreenshot: 'screenshot',
    returnonlycookies: 'filter',
    fields: 'filter',
    links: 'includeLinks',
    images: 'includeImages',
    selector: 'cssSelector',
    attribute: 'customAttribute',
    lang: 'locales',
    language: 'locales',
    locale: 'locales',
    tz: 'timezone',
    timezoneid: 'timezone',
    os: 'operatingSystem',
    platform: 'operatingSystem',
    blockresources: 'disableMedia',
    blockads: 'blackListedDomains',
    waituntil: 'fullPageLoad',
    method: 'cmd',
  }),
);

/** The same inside a browser action. */
const foreignActionNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    selector: 'cssSelector',
    css: 'cssSelector',
    xpath: 'cssSelector',
    element: 'cssSelector',
    js: 'code',
    script: 'code',
    expression: 'code',
    function: 'code',
    key: 'value',
    else: 'or',
    otherwise: 'or',
    do: 'then',
    actions: 'then',
    href: 'url',
    ms: 'wait',
    time: 'wait',
    duration: 'wait',
    delay: 'wait',
    seconds: 'wait',
    milliseconds: 'wait',
    name: 'cookieName',
  }),
);

/** What the libraries of the hosted API send with every command; it means something to them or their host alone. */
const silent = new Set([
  'cmd',
  'endpoint',
  'key',
  'apikey',
  'userid',
  'maxtimeout',
  'headless',
  'geoip',
  'nodriver',
  'dontchangeproxy', // where it is no field: a create opens with its proxy anyway
  'forcenewproxy', // the same
  'properties',
]);

/** Fields of the hosted API that mean nothing here, and why; told when they ask for something. */
export const fieldsWithoutEffect = {
  profileId: 'there are no stored profiles',
  forceUniqueFingerprint: 'each session draws an identity of its own',
  webrtcIpv4: "WebRTC shows no address but that of the session's proxy",
  webrtcIpv6: "WebRTC shows no address but that of the session's proxy",
  neverCacheDomains: 'nothing is cached beyond the session',
  headful: 'the operator chooses the browser',
  showBrowser: 'the operator chooses the browser',
  devTools: 'the operator chooses the browser',
  waitForSpecificActionOnSite: 'use `wait_for_selector` or `wait_for_function` in `browserActions`',
  javascriptReturn: 'what `execute_js` returns always comes back',
  setCustomHeaders: '`customHeaders` are always sent',
  legacy: 'there is one browser mode',
  websocket: 'this version opens no endpoint for other clients',
  MAX_SESSIONS_OPEN: 'the operator sets `MOORING_MAX_SESSIONS`',
} as const;
const withoutEffect = new Map(Object.entries(fieldsWithoutEffect).map(([name, why]) => [looseName(name), why]));

/** Two names for one field: the second is read as the first. */
const synonyms: ReadonlyMap<string, string> = new Map(
  Object.entries(fields).flatMap(([name, schema]) => {
    const { sameAs } = traitsOf(schema);
    return sameAs === undefined ? [] : [[name, sameAs]];
  }),
);

/** Longer names are none of ours, nor near one. */
const maxNameLength = 100;
/** How many unknown fields are told by name. */
const maxTold = 20;
/** How many a command may have: each is looked at. */
const maxUnknown = 1000;

/** What a command is told of its field names, and how much of that there may be. */
export class FieldWarnings {
  readonly #told: string[] = [];
  #unknown = 0;

  /** Something that had no effect though the name is known. */
  add(sentence: string): void {
    if (this.#told.length < 2 * maxTold) this.#told.push(sentence);
  }

  /** @param sentence made only if it is told */
  addUnknown(sentence: () => string): void {
    this.#unknown += 1;
    if (this.#unknown <= maxTold) this.#told.push(sentence());
    if (this.#unknown > maxUnknown) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`body\`: expected at most ${maxUnknown} fields that the API does not have; got more.`,
      );
    }
  }

  get sentences(): string[] {
    const more = this.#unknown - maxTold;
    return more > 0
      ? [...this.#told, `${more} more unknown field${more === 1 ? '' : 's'} had no effect.`]
      : [...this.#told];
  }
}

/** The names that one kind of object can have. */
export class FieldNames {
  readonly #names: ReadonlySet<string>;
  readonly #lower: ReadonlyMap<string, string>;
  readonly #loose: ReadonlyMap<string, string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    this.#lower = new Map([...this.#names].map((name) => [name.toLowerCase(), name]));
    this.#loose = new Map([...this.#names].map((name) => [looseName(name), name]));
  }

  *[Symbol.iterator](): Iterator<string> {
    yield* this.#names;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The field whose name differs in case alone, */
  ofCase(lower: string): string | undefined {
    return this.#lower.get(lower);
  }

  /** or in what separates the words too. */
  ofSpelling(loose: string): string | undefined {
    return this.#loose.get(loose);
  }
}

export interface FieldReaderOptions {
  /** The verb, for the messages. */
  readonly cmd: string;
  readonly names: FieldNames;
  /** Every field of the API: one that belongs to another command is told so. */
  readonly others: FieldNames;
  /** Whether the command opens, moves or uses the way out, so that a guard must not be ignored. */
  readonly goesOut: boolean;
  readonly warnings: FieldWarnings;
  /** What stands before a place in warnings: `requests[2].` */
  readonly prefix: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the fields of one command under the names that its schemas know. */
export class FieldReader {
  readonly #options: FieldReaderOptions;
  #actions = 0;

  constructor(options: FieldReaderOptions) {
    this.#options = options;
  }

  /**
   * The fields that the command has, under their own names, those of browsers and actions too.
   *
   * @throws MooringError `INVALID_PARAMETER` when a field comes twice with different values, or one that guards is
   *   misspelt; `UNSUPPORTED_ACTION`
   */
  read(body: Fields): Record<string, unknown> {
    const fields = this.#fold(body, this.#options.names, '', (name, value) => this.#unknownField(name, value));
    if ('browser' in fields) fields.browser = this.#readBrowsers(fields.browser);
    if ('browserActions' in fields)
      fields.browserActions = this.#readActions(fields.browserActions, 'browserActions', 1);
    return fields;
  }

  #fold(
    source: Fields,
    names: FieldNames,
    place: string,
    onUnknown: (name: string, value: unknown) => void,
  ): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    const spelt = new Map<string, string>();
    for (const name of Object.keys(source)) {
      const value = source[name];
      const known = knownName(name, names);
      if (value === undefined) continue;
      if (known === undefined) {
        onUnknown(name, value);
        continue;
      }
      const before = spelt.get(known);
      if (before === undefined || fields[known] === null) {
        fields[known] = value;
        spelt.set(known, name);
      } else if (value !== null && !isSame(value, fields[known])) {
        throw new MooringError(
          'INVALID_PARAMETER',
          `\`${place}${shorten(before)}\`: expected this field once; got it as \`${shorten(name)}\` too, with another value.`,
        );
      }
    }
    return fields;
  }

  #unknownField(name: string, value: unknown): void {
    const { cmd, names, others, warnings, goesOut } = this.#options;
    if (name.length > maxNameLength) {
      warnings.addUnknown(() => this.#unknown(name, undefined));
      return;
    }
    const lower = name.toLowerCase();
    if (silent.has(lower) || (lower === 'method' && isVerb(value, cmd))) return;
    const loose = looseName(name);
    if (silent.has(loose)) return;
    if (isSolvingField(name)) {
      if (!asksForNothing(value))
        warnings.add(this.#said(name, 'has no effect: this server does not solve challenges.'));
      return;
    }
    const why = withoutEffect.get(loose);
    if (why !== undefined) {
      if (!asksForNothing(value)) warnings.add(this.#said(name, `has no effect: ${why}.`));
      return;
    }
    const other = knownName(name, others);
    const guard = other === undefined ? guardMeant(loose, value) : guards.find((each) => each === other);
    const isUnsafe = goesOut || (guard === 'session' && names.has('session'));
    if (guard !== undefined && isUnsafe && !asksForNothing(value)) throw unsafeError(name, guard, cmd, names);
    if (value === null || value === '') return; // nothing is lost
    warnings.addUnknown(() =>
      other === undefined
        ? this.#unknown(name, foreignNames.get(loose) ?? nearestName(name, names))
        : this.#said(name, `has no effect with ${cmd}.`),
    );
  }

  #said(name: string, rest: string): string {
    return `\`${this.#options.prefix}${shorten(name)}\` ${rest}`;
  }

  #unknown(name: string, meant: string | undefined, place = ''): string {
    const hint = meant === undefined ? '.' : `; did you mean \`${meant}\`?`;
    return `Unknown field \`${this.#options.prefix}${place}${shorten(name)}\`: it had no effect${hint}`;
  }

  #readBrowsers(value: unknown): unknown {
    const read = (item: unknown, i: number): unknown =>
      isObject(item)
        ? this.#fold(item, browserNames, `browser[${i}].`, (name) =>
            this.#options.warnings.addUnknown(() =>
              this.#unknown(name, nearestName(name, browserNames), `browser[${i}].`),
            ),
          )
        : item;
    return Array.isArray(value) ? value.map(read) : read(value, 0);
  }

  /** A list of actions, without those that this project does not do where the caller lets them fail. */
  #readActions(value: unknown, place: string, depth: number): unknown {
    if (value === null || value === undefined || value === '') return value;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    this.#actions += list.length;
    if (depth > maxActionDepth) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`browserActions\`: expected at most ${maxActionDepth} levels; got more.`,
      );
    }
    if (this.#actions > maxActions) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`browserActions\`: expected at most ${maxActions} actions, nested ones included; got ${depth === 1 ? this.#actions : 'more'}.`,
      );
    }
    return list.flatMap((item, i) => (isObject(item) ? this.#readAction(item, `${place}[${i}]`, depth) : [item]));
  }

  #readAction(item: Fields, place: string, depth: number): unknown[] {
    const named = this.#fold(item, allActionNames, `${place}.`, () => {});
    const { type } = named;
    const { warnings, prefix } = this.#options;
    if (unsupportedActions.some((name) => name === type)) {
      const what = `${String(type)} is not done by this server`;
      if (named.ignoreErrors !== true && named.ignoreErrors !== 'true' && named.ignoreErrors !== 1) {
        throw new MooringError(
          'UNSUPPORTED_ACTION',
          `\`${place}\`: ${what}; expected it absent or with \`ignoreErrors\`.`,
        );
      }
      warnings.add(`\`${prefix}${place}\`: ${what}, and was left out.`);
      return [];
    }
    const names = typeof type === 'string' ? (actionNames.get(type) ?? allActionNames) : allActionNames;
    const fields = this.#fold(item, names, `${place}.`, (name, fieldValue) =>
      this.#unknownActionField(name, fieldValue, `${place}.`, names, typeof type === 'string' ? type : typeof type),
    );
    for (const branch of ['then', 'or']) {
      if (branch in fields) fields[branch] = this.#readActions(fields[branch], `${place}.${branch}`, depth + 1);
    }
    return [fields];
  }

  #unknownActionField(name: string, value: unknown, place: string, names: FieldNames, type: string): void {
    const guard = knownName(name, this.#options.others);
    if (guard !== undefined && guard !== 'session' && guards.some((each) => each === guard) && !asksForNothing(value)) {
      throw new MooringError(
        'INVALID_PARAMETER',
        `\`${place}${shorten(name)}\`: expected it beside \`browserActions\`; ignoring it in an action would be unsafe.`,
      );
    }
    if (value === null || value === '') return;
    this.#options.warnings.addUnknown(() =>
      knownName(name, allActionNames) === undefined
        ? this.#unknown(name, foreignActionNames.get(looseName(name)) ?? nearestName(name, names), place)
        : this.#said(`${place}${name}`, `has no effect with the action \`${shorten(type)}\`.`),
    );
  }
}

const browserNames = new FieldNames(['name', 'minVersion', 'maxVersion']);
const actionNames = new Map(
  Object.entries(actionShapes).map(([type, names]): [string, FieldNames] => [type, new FieldNames(names)]),
);
const allActionNames = new FieldNames(Object.values(actionShapes).flat());

/** The field that a name stands for: exactly, then whatever its case, then without what separates its words. */
function knownName(name: string, names: FieldNames): string | undefined {
  const known = exactName(name, names);
  return known === undefined ? undefined : (synonymIn(known, names) ?? known);
}

function exactName(name: string, names: FieldNames): string | undefined {
  if (names.has(name)) return name;
  if (name.length > maxNameLength) return undefined;
  const lower = name.toLowerCase();
  return names.ofCase(lower) ?? (silent.has(lower) ? undefined : names.ofSpelling(looseName(name)));
}

function synonymIn(name: string, names: FieldNames): string | undefined {
  const meant = synonyms.get(name);
  return meant !== undefined && names.has(meant) ? meant : undefined;
}

/** The field that guards and that a name most likely means, though it is none of its names. */
function guardMeant(loose: string, value: unknown): string | undefined {
  const foreign = foreignGuards.get(loose);
  if (foreign !== undefined) return foreign;
  if (loose.includes('proxy') && isAddress(value)) return 'proxy';
  return guards.find((guard) => {
    const looseGuard = guard.toLowerCase();
    const far = distance(loose, looseGuard, 2);
    // Two letters of a short name make too many others of it, and so does another first letter (`version`, `session`).
    return far <= 1 || (far === 2 && looseGuard.length > 5 && loose[0] === looseGuard[0]);
  });
}

/** Whether a field that is none was most likely to name a proxy. */
export const meansProxy = (name: string, value: unknown): boolean =>
  name.length <= maxNameLength && !asksForNothing(value) && guardMeant(looseName(name), value) === 'proxy';

/** Whether a value looks like the address of a proxy. */
function isAddress(value: unknown): boolean {
  if (typeof value === 'string') return value.length < 2000 && /:\/\/|^[^\s/:]+:\d{1,5}$/.test(value);
  return isObject(value) && ['server', 'host', 'url'].some((name) => typeof value[name] === 'string');
}

function unsafeError(name: string, guard: string, cmd: string, names: FieldNames): MooringError {
  const meant =
    guard === name || !names.has(guard)
      ? cmd === 'request.batch'
        ? `\`${guard}\` in each of \`requests\`, or with sessions.create`
        : `\`${guard}\` with sessions.create or request.*`
      : `\`${guard}\``;
  return new MooringError(
    'INVALID_PARAMETER',
    `\`${shorten(name)}\`: expected ${meant}; ${cmd} has no field of this name, and ignoring it would be unsafe.`,
  );
}

const isVerb = (value: unknown, cmd: string): boolean =>
  typeof value === 'string' && `request.${value.toLowerCase()}` === cmd;

/** Whether two values are written alike. What is nested too deep to be written is not. */
function isSame(a: unknown, b: unknown): boolean {
  try {
    return JSON.stringify(a) === JSON.stringify(b);
  } catch {
    return false;
  }
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `false`, nothing and an empty value ask for nothing, so they are no reason to refuse or to warn. */
export function asksForNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === 'false' ||
    value === '' ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}
