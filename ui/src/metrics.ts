/** One line of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const label = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((row) => {
    const [, name, labels = '', value] = line.exec(row) ?? [];
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(label)].map(([, key = '', raw = '']) => [key, unescaped(raw)]);
    return [
      { name, labels: Object.fromEntries(pairs), value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) },
    ];
  });
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

export type Labels = Readonly<Record<string, string>>;

interface Look {
  readonly at: number;
  readonly samples: readonly Sample[];
}

/** Rates and latencies are of so long. */
const windowMs = 60_000;
/** The histogram of all commands. */
const commandSeconds = 'mooring_command_seconds';

export interface CommandRow {
  readonly cmd: string;
  readonly count: number;
  readonly failed: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

/** What was read of `/metrics` within the last minute. */
export class MetricsHistory {
  readonly #looks: readonly Look[];

  constructor(looks: readonly Look[] = []) {
    this.#looks = looks;
  }

  /** This history, and one more look; those that are too old go. */
  with(text: string, at: number): MetricsHistory {
    // One that is older stays: the window begins there.
    const from = this.#looks.findLastIndex((look) => look.at <= at - windowMs);
    return new MetricsHistory([...this.#looks.slice(Math.max(0, from)), { at, samples: parseMetrics(text) }]);
  }

  /** How long it looks back, milliseconds. */
  get spanMs(): number {
    return (this.#last?.at ?? 0) - (this.#looks[0]?.at ?? 0);
  }

  /** The value of the last look. @returns undefined if there is no such metric */
  value(name: string, labels: Labels = {}): number | undefined {
    return this.#last?.samples.find((sample) => sample.name === name && hasLabels(sample, labels))?.value;
  }

  /** By one of its labels. */
  valuesBy(name: string, by: string): ReadonlyMap<string, number> {
    const found = this.#last?.samples.filter((sample) => sample.name === name) ?? [];
    return new Map(found.map(({ labels, value }) => [labels[by] ?? '', value]));
  }

  /** Requests (`request.…`) a second between each look and the next, the oldest first. */
  get requestRates(): readonly number[] {
    return this.#looks.slice(1).map((look, i) => {
      const before = this.#looks[i];
      const seconds = before ? (look.at - before.at) / 1000 : 0;
      return before && seconds > 0 ? Math.max(0, requestsIn(look) - requestsIn(before)) / seconds : 0;
    });
  }

  /** Requests a second, within the window. */
  get requestRate(): number | undefined {
    const [first, last] = [this.#looks[0], this.#last];
    if (!first || !last || last.at <= first.at) return undefined;
    return Math.max(0, requestsIn(last) - requestsIn(first)) / ((last.at - first.at) / 1000);
  }

  /** The seconds within which this part of the requests was answered, of the window; if there were none, since the server began. */
  requestLatency(part: number): { readonly seconds: number; readonly isRecent: boolean } | undefined {
    const [first, last] = [this.#looks[0], this.#last];
    const recent = quantile(differenceOf(bucketsOf(last, isRequest), bucketsOf(first, isRequest)), part);
    if (recent !== undefined) return { seconds: recent, isRecent: true };
    const all = quantile(bucketsOf(last, isRequest), part);
    return all === undefined ? undefined : { seconds: all, isRecent: false };
  }

  /** Every command that was sent since the server began, the most frequent first. */
  get commands(): readonly CommandRow[] {
    const counts = this.#last?.samples.filter(({ name }) => name === `${commandSeconds}_count`) ?? [];
    const names = [...new Set(counts.map(({ labels }) => labels.cmd ?? ''))];
    const rows = names.map((cmd) => {
      const own = counts.filter(({ labels }) => labels.cmd === cmd);
      // A stream of events lasts as long as somebody listens.
      const buckets = bucketsOf(this.#last, ({ labels }) => labels.cmd === cmd && cmd !== 'sessions.events');
      const failed = own.filter(({ labels }) => isFailure(labels.outcome));
      return {
        cmd,
        count: sumOf(own),
        failed: sumOf(failed),
        p50: quantile(buckets, 0.5),
        p95: quantile(buckets, 0.95),
      };
    });
    return rows.sort((a, b) => b.count - a.count);
  }

  /** Failures since the server began, by code, the most frequent first. */
  get failures(): readonly (readonly [code: string, count: number])[] {
    const byCode = new Map<string, number>();
    for (const { name, labels, value } of this.#last?.samples ?? []) {
      const { outcome = '' } = labels;
      if (name === `${commandSeconds}_count` && isFailure(outcome))
        byCode.set(outcome, (byCode.get(outcome) ?? 0) + value);
    }
    return [...byCode].sort(([, a], [, b]) => b - a);
  }

  get #last(): Look | undefined {
    return this.#looks.at(-1);
  }
}

const isRequest = ({ labels }: Sample): boolean => labels.cmd?.startsWith('request.') ?? false;
const isFailure = (outcome: string | undefined): boolean => outcome !== 'success' && outcome !== 'cancelled';
const sumOf = (samples: readonly Sample[]): number => samples.reduce((sum, { value }) => sum + value, 0);
const hasLabels = ({ labels }: Sample, wanted: Labels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

const requestsIn = ({ samples }: Look): number =>
  sumOf(samples.filter((sample) => sample.name === `${commandSeconds}_count` && isRequest(sample)));

/** Counts of observations up to each bound, as Prometheus has them: each holds those before it. */
type Buckets = ReadonlyMap<number, number>;

function bucketsOf(look: Look | undefined, isWanted: (sample: Sample) => boolean): Buckets {
  const buckets = new Map<number, number>();
  for (const sample of look?.samples ?? []) {
    if (sample.name !== `${commandSeconds}_bucket` || !isWanted(sample)) continue;
    const bound = sample.labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(sample.labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + sample.value);
  }
  return buckets;
}

const differenceOf = (later: Buckets, earlier: Buckets): Buckets =>
  new Map([...later].map(([bound, count]) => [bound, Math.max(0, count - (earlier.get(bound) ?? 0))]));

/** Interpolates within the bucket, as `histogram_quantile` of Prometheus does. @returns undefined if nothing was observed */
export function quantile(buckets: Buckets, part: number): number | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = part * total;
  let [lower, below] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= rank) {
      if (bound === Number.POSITIVE_INFINITY || count === below) return lower;
      return lower + ((bound - lower) * (rank - below)) / (count - below);
    }
    [lower, below] = [bound, count];
  }
  return lower;
}
