import { MooringError, settingName } from '../errors.js';
import { type Combination, combinationsOf, type Newest } from './browser-matrix.js';
import {
  fullChromeVersion,
  platformOf,
  readUserAgent,
  type Subject,
  userAgentDataOf,
  userAgentOf,
  vendorOf,
} from './browser-strings.js';
import { placeOf } from './country-locale.js';
import { type FingerprintSample, FingerprintSampler } from './fingerprint-sampler.js';
import {
  type BrowserName,
  type BrowserPreference,
  type EngineFamily,
  familyOf,
  type Identity,
  type IdentityPreferences,
  type Screen,
} from './identity.js';
import type { PresentationCapabilities } from './presentation-capabilities.js';

/** An engine that runs here. */
export interface AvailableEngine {
  readonly name: string;
  /** Its full version. */
  readonly version: string;
  /** The user agent that it presents by itself. */
  readonly userAgent: string;
  /** Which parts of an identity it can present. */
  readonly presents: PresentationCapabilities;
}

/** The browser processes of an engine, by the user agent that each was started with. */
export interface EngineProcesses {
  /** Those that run. */
  readonly userAgents: readonly string[];
  /** Whether a user agent has a process, or can have one of its own. */
  hasRoomFor(userAgent: string): boolean;
}

export interface IdentityResolverOptions {
  /** The first one is the default. */
  readonly engines: readonly AvailableEngine[];
  /** Whether an identity that the engine is not is refused instead of told. */
  readonly strict: boolean;
  /** The processes of the engine of that name, where each user agent needs its own. */
  readonly processesOf?: (engine: string) => EngineProcesses | undefined;
  /** If omitted, one of its own. */
  readonly sampler?: FingerprintSampler;
}

/** An identity, and how it is presented. */
export interface ResolvedIdentity {
  readonly identity: Identity;
  /** The name of the engine that is to run. */
  readonly engine: string;
  /** Where identity and engine differ, a sentence each. */
  readonly warnings: readonly string[];
}

/** Headless builds have none of their own. */
const usualLanguages = ['en-US', 'en'] as const;
const nativeViewport = { width: 1280, height: 1024 } as const;
/** What the window and the system's bar take of a screen. */
const desktopChromePx = 120;

/** Makes one coherent identity of a caller's preferences. */
export class IdentityResolver {
  readonly #options: IdentityResolverOptions;
  readonly #sampler: FingerprintSampler;

  constructor(options: IdentityResolverOptions) {
    this.#options = options;
    this.#sampler = options.sampler ?? new FingerprintSampler();
  }

  /** Refuses preferences that no browser meets. @throws MooringError `IDENTITY_IMPOSSIBLE` */
  assertPossible(preferences: IdentityPreferences): void {
    if (hasPreferences(preferences) && preferences.userAgent === undefined) combinationsOf(preferences, this.#newest());
  }

  /**
   * Of several identities that would do, the first is one that an engine here has by itself (of several engines, that of
   * the first in order); without one they are drawn as often as they are met in the world.
   *
   * @param seed the same seed and preferences give the same identity, while there are processes enough for all user agents
   * @param country the ISO code of the exit's country, if it is known
   * @throws MooringError `IDENTITY_IMPOSSIBLE`
   */
  async resolve(
    preferences: IdentityPreferences,
    seed: string,
    country: string | undefined,
  ): Promise<ResolvedIdentity> {
    const place = this.#placeOf(preferences, country);
    const { identity, family, isKnown = true } = await this.#identityOf(preferences, seed);
    const engine = this.#engineFor(identity, family);
    const preferred = { ...identity, ...place };
    const presented = asEngineCan(preferred, engine);
    const dropped = preferred.languages.filter((tag) => !presented.languages.includes(tag));
    const differing = [
      ...(isKnown ? differences(presented, family, engine) : [unknownWarning]),
      ...(dropped.length > 0 ? [`${titleOf(engine)} is not told of these languages: ${dropped.join(', ')}.`] : []),
    ];
    if (this.#options.strict && differing.length > 0) {
      throw new MooringError(
        'IDENTITY_IMPOSSIBLE',
        `expected an identity that a browser of this server has by itself (${settingName('engineStrict')}); ${differing.join(' ')}`,
      );
    }
    return { identity: presented, engine: engine.name, warnings: [...overruled(preferences), ...differing] };
  }

  /** The engine of that family, if there is one and it can present the device; else the default. */
  #engineFor({ device }: Pick<Identity, 'device'>, family: EngineFamily | undefined): AvailableEngine {
    const own = this.#options.engines.find(({ name }) => name === family);
    return own?.presents.devices.includes(device) ? own : this.#default;
  }

  get #default(): AvailableEngine {
    const [engine] = this.#options.engines;
    if (!engine) throw new Error('there is no engine');
    return engine;
  }

  async #identityOf(
    preferences: IdentityPreferences,
    seed: string,
  ): Promise<{ identity: Identity; family: EngineFamily | undefined; isKnown?: boolean }> {
    if (preferences.userAgent !== undefined) {
      const subject = readUserAgent(preferences.userAgent);
      const native = nativeIdentity(this.#default);
      if (!subject) {
        const unknown = { ...native, userAgent: preferences.userAgent, userAgentData: undefined };
        return { identity: unknown, family: undefined, isKnown: false };
      }
      const drawn = await this.#sampler.sample([exactly(subject)], seed);
      const identity = {
        ...this.#build(subject, drawn.screen, drawn.hardwareConcurrency),
        userAgent: preferences.userAgent,
      };
      return { identity, family: familyOf(subject.browser, subject.operatingSystem) };
    }
    if (!hasPreferences(preferences))
      return { identity: nativeIdentity(this.#default), family: familyNamed(this.#default.name) };
    const drawn = await this.#sample(combinationsOf(preferences, this.#newest()), seed);
    const subject = subjectOf(drawn);
    const identity = this.#build(subject, drawn.screen, drawn.hardwareConcurrency);
    return { identity, family: familyOf(subject.browser, subject.operatingSystem) };
  }

  async #sample(combinations: readonly Combination[], seed: string): Promise<FingerprintSample> {
    const real = this.#options.engines.map(ownSubject).find((own) => combinations.some((one) => includes(one, own)));
    const drawn = await this.#sampler.sample(real ? [exactly(real)] : combinations, seed);
    if (this.#hasRoomFor(subjectOf(drawn))) return drawn;
    const running = this.#runningIn(combinations);
    return running.length === 0 ? drawn : this.#sampler.sample(running.map(exactly), seed);
  }

  #hasRoomFor(subject: Subject): boolean {
    return this.#processesFor(subject)?.hasRoomFor(userAgentOf(subject)) ?? true;
  }

  #processesFor(subject: Subject): EngineProcesses | undefined {
    const { name } = this.#engineFor(subject, familyOf(subject.browser, subject.operatingSystem));
    return this.#options.processesOf?.(name);
  }

  /** What processes that run present already, of these. */
  #runningIn(combinations: readonly Combination[]): Subject[] {
    const running = this.#options.engines.flatMap(({ name }) => this.#options.processesOf?.(name)?.userAgents ?? []);
    return running.flatMap((userAgent) => {
      const subject = readUserAgent(userAgent);
      // One that a caller wrote otherwise is not what would be presented.
      if (!subject || userAgentOf(subject) !== userAgent) return [];
      const isThere = this.#processesFor(subject)?.userAgents.includes(userAgent) ?? false;
      return isThere && combinations.some((one) => includes(one, subject)) ? [subject] : [];
    });
  }

  #build(subject: Subject, screen: Screen, hardwareConcurrency: number): Identity {
    const { browser, version, operatingSystem, device } = subject;
    const own = this.#options.engines.find(({ name }) => name === 'chromium')?.version;
    const fullVersion = own && majorOf(own) === version ? own : fullChromeVersion(version);
    return {
      browser,
      version,
      operatingSystem,
      device,
      userAgent: userAgentOf(subject),
      userAgentData: userAgentDataOf(subject, 'Google Chrome', fullVersion),
      platform: platformOf(operatingSystem),
      ...vendorOf(subject),
      languages: usualLanguages,
      timezone: undefined,
      screen,
      viewport:
        device === 'mobile'
          ? { width: screen.width, height: screen.height }
          : {
              // A window on a very large screen is not as large: every pixel of it is drawn and kept.
              width: Math.min(screen.width, 1920),
              height: Math.min(screen.height - desktopChromePx, 1080),
            },
      maxTouchPoints: device === 'mobile' ? 5 : 0,
      hardwareConcurrency,
    };
  }

  #placeOf(
    { locales, timezone, setLocale = true }: IdentityPreferences,
    country: string | undefined,
  ): Pick<Identity, 'languages' | 'timezone'> {
    const place = setLocale && country && !locales?.length && timezone === undefined ? placeOf(country) : undefined;
    return {
      languages: locales?.length ? locales : (place?.languages ?? usualLanguages),
      timezone: timezone ?? place?.timezone,
    };
  }

  #newest(): Newest {
    const names: Partial<Record<string, BrowserName>> = { chromium: 'chrome', firefox: 'firefox', webkit: 'safari' };
    return Object.fromEntries(
      this.#options.engines.flatMap(({ name, version }) => {
        const browser = names[name];
        return browser ? [[browser, majorOf(version)]] : [];
      }),
    );
  }
}

const includes = ({ minVersion, maxVersion, ...of }: Combination, { version, ...subject }: Subject): boolean =>
  of.browser === subject.browser &&
  of.operatingSystem === subject.operatingSystem &&
  of.device === subject.device &&
  minVersion <= version &&
  version <= maxVersion;

const exactly = ({ version, ...subject }: Subject): Combination => ({
  ...subject,
  minVersion: version,
  maxVersion: version,
});

const subjectOf = ({ combination, version }: FingerprintSample): Subject => {
  const { browser, operatingSystem, device } = combination;
  return { browser, operatingSystem, device, version };
};

/** What an engine is by itself. */
function ownSubject({ version, userAgent }: Pick<AvailableEngine, 'version' | 'userAgent'>): Subject {
  const read = readUserAgent(userAgent.replace('Headless', ''));
  const subject = read ?? ({ browser: 'chrome', operatingSystem: 'linux', device: 'desktop' } as const);
  return { ...subject, version: majorOf(version) };
}

/** Which preferences have no effect, since the user agent beside it says otherwise. */
function overruled({ userAgent, browser, operatingSystem, device }: IdentityPreferences): string[] {
  if (userAgent === undefined || !hasPreferences({ browser, operatingSystem, device })) return [];
  const subject = readUserAgent(userAgent);
  const isOfBrowser = ({ name, minVersion = 0, maxVersion = Number.POSITIVE_INFINITY }: BrowserPreference): boolean =>
    name === subject?.browser && minVersion <= subject.version && subject.version <= maxVersion;
  const names = [
    ...(!browser?.length || browser.some(isOfBrowser) ? [] : ['`browser`']),
    ...(!operatingSystem?.length || (subject && operatingSystem.includes(subject.operatingSystem))
      ? []
      : ['`operatingSystem`']),
    ...(!device?.length || (subject && device.includes(subject.device)) ? [] : ['`device`']),
  ];
  if (names.length === 0) return [];
  const said = subject
    ? `${subject.browser} ${subject.version} on ${subject.operatingSystem}, ${subject.device}`
    : 'of none that this server knows';
  return [`${names.join(', ')}: without effect, since \`userAgent\` is ${said}.`];
}

/** The engine as it is, on the system that it runs on; only that nobody looks at it is not said. */
export function nativeIdentity({ name, version, userAgent }: Omit<AvailableEngine, 'presents'>): Identity {
  const plain = userAgent.replace('Headless', '');
  const subject = ownSubject({ version, userAgent });
  const isChromium = name === 'chromium';
  return {
    ...subject,
    userAgent: isChromium ? plain.replace(/Chrome\/[\d.]+/, `Chrome/${subject.version}.0.0.0`) : plain,
    userAgentData: isChromium ? userAgentDataOf(subject, '', version) : undefined,
    platform: platformOf(subject.operatingSystem),
    ...vendorOf(subject),
    languages: usualLanguages,
    timezone: undefined,
    screen: { ...nativeViewport, devicePixelRatio: 1 },
    viewport: nativeViewport,
    maxTouchPoints: 0,
    hardwareConcurrency: undefined,
  };
}

/** The identity without what the engine cannot present. */
function asEngineCan(identity: Identity, { presents }: AvailableEngine): Identity {
  const [first = 'en-US'] = identity.languages;
  const oneLanguage = first === 'en-US' ? usualLanguages : [first];
  return {
    ...identity,
    languages: presents.languages === 'one' ? oneLanguage : identity.languages,
    hardwareConcurrency: presents.hardwareConcurrency ? identity.hardwareConcurrency : undefined,
  };
}

const hasPreferences = ({ browser, operatingSystem, device }: IdentityPreferences): boolean =>
  [browser, operatingSystem, device].some((list) => list !== undefined && list.length > 0);

const majorOf = (version: string): number => Number.parseInt(version, 10);
const familyNamed = (name: string): EngineFamily | undefined =>
  (['chromium', 'firefox', 'webkit'] as const).find((family) => family === name);

const unknownWarning =
  '`userAgent` is none that this server knows: it is presented without client hints, the rest is the engine.';

const engineTitles: Record<EngineFamily, string> = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit' };

function titleOf({ name }: AvailableEngine): string {
  const family = familyNamed(name);
  return family ? engineTitles[family] : name;
}

/** Where what is presented is not what runs. */
function differences(identity: Identity, family: EngineFamily | undefined, engine: AvailableEngine): string[] {
  const { browser, version, operatingSystem } = identity;
  const real = familyNamed(engine.name);
  const title = titleOf(engine);
  const warnings: string[] = [];
  if (real !== undefined && family !== undefined && family !== real) {
    warnings.push(
      `${browser} ${version} on ${operatingSystem} is presented by ${title} ${majorOf(engine.version)}: what only ${engineTitles[family]} can do is missing, what only ${title} can do is there, and documents are asked for with its \`accept\` header.`,
    );
  } else if (real !== undefined && operatingSystem !== 'ios' && version !== majorOf(engine.version)) {
    warnings.push(`${browser} ${version} is presented by ${title} ${majorOf(engine.version)}.`);
  }
  const isElsewhere = identity.languages[0] !== 'en-US';
  const keepsMachineLocale = engine.presents.serviceWorkerLocale === 'machine';
  if (keepsMachineLocale && (isElsewhere || identity.timezone !== undefined))
    warnings.push(`In ${title} service workers have the language and time zone of the machine: languages, timezone.`);
  else if (real !== undefined && isElsewhere)
    warnings.push('The scripts of service workers are fetched in the language of the machine: accept-language.');
  const native = readUserAgent(engine.userAgent.replace('Headless', ''));
  if (native && native.operatingSystem !== operatingSystem) {
    warnings.push(
      `${operatingSystem} is presented on ${native.operatingSystem}: fonts, graphics and \`deviceMemory\` are those of this machine, ${native.operatingSystem}.`,
    );
  }
  return warnings;
}
