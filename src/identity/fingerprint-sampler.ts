import { createHash } from 'node:crypto';
import type { FingerprintGenerator } from 'fingerprint-generator';
import { type Combination, versionsOf } from './browser-matrix.js';
import { readUserAgent } from './browser-strings.js';
import type { Screen } from './identity.js';

/** One combination, one version, and what a machine of that kind has. */
export interface FingerprintSample {
  readonly combination: Combination;
  readonly version: number;
  readonly screen: Screen;
  readonly hardwareConcurrency: number;
}

/**
 * Samples combinations as often as they are met in the world.
 *
 * Of the data only which browser, version, screen and number of cores come together is used; what such a browser says of
 * itself is written by our own rules, since the data is of real machines, some of which contradict themselves.
 */
export class FingerprintSampler {
  #generator: FingerprintGenerator | undefined;

  /** One of these combinations. The same seed gives the same one. */
  async sample(combinations: readonly Combination[], seed: string): Promise<FingerprintSample> {
    const generator = await this.#load();
    const random = randomOf(seed);
    return withRandom(random, () => sampleFrom(generator, combinations) ?? evenly(combinations, random));
  }

  /** Its data takes half a second to read, and a server whose callers have no preferences never needs it. */
  async #load(): Promise<FingerprintGenerator> {
    const { FingerprintGenerator: Generator } = await import('fingerprint-generator');
    this.#generator ??= new Generator();
    return this.#generator;
  }
}

function sampleFrom(source: FingerprintGenerator, combinations: readonly Combination[]): FingerprintSample | undefined {
  const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
  const ranges = new Map(
    combinations.map(({ browser: name, minVersion, maxVersion }) => [
      `${name} ${minVersion} ${maxVersion}`,
      { name, minVersion, maxVersion },
    ]),
  );
  try {
    const { fingerprint } = source.getFingerprint({
      browsers: [...ranges.values()],
      operatingSystems: unique(combinations.map(({ operatingSystem }) => operatingSystem)),
      devices: unique(combinations.map(({ device }) => device)),
      strict: true, // or it would silently change what is asked for
    });
    const drawn = readUserAgent(fingerprint.navigator.userAgent);
    const fitting = combinations.filter(
      (one) =>
        one.browser === drawn?.browser && one.operatingSystem === drawn.operatingSystem && one.device === drawn.device,
    );
    const isWithin = ({ minVersion, maxVersion }: Combination): boolean =>
      drawn !== undefined && minVersion <= drawn.version && drawn.version <= maxVersion;
    const combination = fitting.find(isWithin) ?? fitting[0];
    if (!drawn || !combination) return undefined;
    const { width, height, devicePixelRatio } = fingerprint.screen;
    return {
      combination,
      version: nearest(combination, drawn.version),
      screen: plausible({ width, height, devicePixelRatio }, combination),
      hardwareConcurrency: fingerprint.navigator.hardwareConcurrency,
    };
  } catch {
    return undefined; // the data has no such machine
  }
}

/** Where the data has a gap: one of the combinations, in its newest version. */
function evenly(combinations: readonly Combination[], random: () => number): FingerprintSample {
  const combination = combinations[Math.floor(random() * combinations.length)];
  if (!combination) throw new Error('there is nothing to draw from');
  return {
    combination,
    version: nearest(combination, combination.maxVersion),
    screen: usualScreens[combination.device],
    hardwareConcurrency: 8,
  };
}

function nearest({ browser, minVersion, maxVersion }: Combination, version: number): number {
  const all = versionsOf(browser, minVersion, maxVersion);
  return all.reduce(
    (best, one) => (Math.abs(one - version) < Math.abs(best - version) ? one : best),
    all[0] ?? version,
  );
}

const usualScreens: Record<Combination['device'], Screen> = {
  desktop: { width: 1920, height: 1080, devicePixelRatio: 1 },
  mobile: { width: 390, height: 844, devicePixelRatio: 3 },
};

/** The screen that was drawn, unless no such device is that size. */
function plausible(screen: Screen, { device }: Combination): Screen {
  const { width, height, devicePixelRatio } = screen;
  const fits =
    device === 'mobile'
      ? width >= 320 && width <= 500 && height > width && height <= 1100 && devicePixelRatio >= 1.5
      : width >= 1024 &&
        width <= 3840 &&
        height >= 700 &&
        height <= 2160 &&
        width > height &&
        devicePixelRatio >= 1 &&
        devicePixelRatio <= 2;
  // Zoomed pages leave ratios in the data that no screen has.
  return fits ? { width, height, devicePixelRatio: Math.round(devicePixelRatio * 8) / 8 } : usualScreens[device];
}

/** Numbers from 0 to 1 that follow from a text (mulberry32). */
function randomOf(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The library draws with `Math.random` and takes no other: for the length of one call, which waits for nothing, it is ours. */
function withRandom<T>(random: () => number, work: () => T): T {
  const before = Math.random;
  Math.random = random;
  try {
    return work();
  } finally {
    Math.random = before;
  }
}
