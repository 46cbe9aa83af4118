import { availableParallelism, totalmem } from 'node:os';
import type { LastingJobs } from './lasting-jobs.js';
import { type MemorySample, type Trend, trendOf } from './lasting-memory.js';
import type { Tally } from './lasting-tally.js';

export interface SoakFigures {
  readonly minutes: number;
  readonly seed: number;
  readonly jobs: LastingJobs;
  readonly faults: Tally;
  /** What could not be injected here, a sentence each. */
  readonly leftOut: readonly string[];
  readonly starts: number;
  /** Of the last server, which was not ended until the end. */
  readonly samples: readonly MemorySample[];
  /** Sessions that were looked at after the last start. */
  readonly verifiedAtEnd: number;
  /** What was left after the end. */
  readonly left: {
    readonly processes: number;
    readonly folders: number;
    readonly ports: number;
    readonly records: number;
  };
}

const quantile = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN;

const rows = (tally: Tally): string[] => tally.entries.map(([what, count]) => `| ${what} | ${count} |`);

const table = (head: string, lines: readonly string[]): string =>
  [`| ${head} | number |`, '| --- | ---: |', ...lines].join('\n');

const waking = (ms: readonly number[]): string =>
  ms.length === 0
    ? 'none'
    : `${ms.length}; p50 ${quantile(ms, 0.5).toFixed(0)} ms, p99 ${quantile(ms, 0.99).toFixed(0)} ms`;

const trendText = ({ mean, growth, noise }: Trend): string =>
  `${mean.toFixed(0)} MB on average, ${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MB over the last two thirds (noise ± ${noise.toFixed(1)} MB)`;

/** What came of a soak, as Markdown. */
export function soakReport({
  minutes,
  seed,
  jobs,
  faults,
  leftOut,
  starts,
  samples,
  verifiedAtEnd,
  left,
}: SoakFigures): string {
  const last = samples.at(-1);
  const span = last ? last.minute.toFixed(0) : '0';
  const most = (figure: keyof MemorySample): number => Math.max(...samples.map((one) => one[figure]));
  return `# What a soak of lasting sessions came to

\`npm run soak -- ${minutes}\`, on ${new Date().toISOString().slice(0, 10)}, with ${availableParallelism()} processors and ${Math.round(totalmem() / 1024 ** 3)} GB of memory, Node ${process.versions.node}. Seed ${seed}.

Callers step the state of many sessions on: a cookie, \`localStorage\`, \`sessionStorage\` and IndexedDB of two sites each. Every
step sees that the site finds what the reply before it acknowledged, while faults are injected into the server and its browsers.

- **${faults.total} faults, ${jobs.lost} acknowledged states lost.**
- ${jobs.verified} states were looked at during the run; ${verifiedAtEnd} of them after the last kill of the server.
- ${jobs.problems.length} problems of any other kind${jobs.ended > 0 ? `; ${jobs.ended} sessions ended after three crashes in a row, as documented` : ''}.
- ${jobs.toldOfDamage} replies told that the newest record was damaged and the one before was used.
- Left at the end: ${left.processes} processes, ${left.folders} folders, ${left.ports} ports, ${left.records} records.

## Faults

${table('fault', rows(faults))}

The server was started ${starts} times on the same folder. ${leftOut.join(' ')}

## Jobs

${table('job', rows(jobs.jobs))}

${table('outcome of a command', rows(jobs.outcomes))}

## Waking

Requests that woke a session, from the command to its reply, page and storing included, with all other jobs beside:
${waking(jobs.wakes.map(({ ms }) => ms))}. Those with no fault near: ${waking(jobs.wakes.filter(({ isCalm }) => isCalm).map(({ ms }) => ms))}.

## The server's memory

Its last process ran for ${span} minutes, with ${samples.length} samples.

- Heap: ${trendText(trendOf(samples, 'heapMb'))}.
- Resident: ${trendText(trendOf(samples, 'residentMb'))}.
- At most ${most('processes')} processes with its browsers, ${most('descriptors')} descriptors, ${most('open')} sessions awake and ${most('asleep')} asleep.
`;
}
