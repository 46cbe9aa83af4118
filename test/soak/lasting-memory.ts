import { readdirSync } from 'node:fs';
import type { LastingServer } from '../support/lasting-server.js';

/** The server at one moment. */
export interface MemorySample {
  /** Since its start. */
  readonly minute: number;
  readonly heapMb: number;
  readonly residentMb: number;
  readonly descriptors: number;
  /** Those of its browsers too. */
  readonly processes: number;
  readonly open: number;
  readonly asleep: number;
}

export async function sample(server: LastingServer, startedAt: number): Promise<MemorySample> {
  const metrics = await (await fetch(`${server.addresses.at(-1)}/metrics`)).text();
  const metric = (name: string): number => {
    const line = metrics.split('\n').find((text) => text.startsWith(`${name} `));
    return Number(line?.slice(name.length + 1));
  };
  const sessions = (state: string): number => metric(`mooring_sessions{state="${state}"}`);
  return {
    minute: (performance.now() - startedAt) / 60_000,
    heapMb: metric('nodejs_heap_size_used_bytes') / 1024 ** 2,
    residentMb: server.program.residentMb,
    descriptors: readdirSync(`/proc/${server.program.child.pid}/fd`).length,
    processes: server.program.descendants().length + 1,
    open: sessions('open') + sessions('busy') + sessions('paused'),
    asleep: sessions('asleep'),
  };
}

export interface Trend {
  /** How much it grew over the whole time that was looked at. */
  readonly growth: number;
  /** Twice the standard error of that: what chance alone would make of it, nineteen times of twenty. */
  readonly noise: number;
  readonly mean: number;
}

/** How a figure changed over the last two thirds, by least squares. */
export function trendOf(samples: readonly MemorySample[], figure: 'heapMb' | 'residentMb'): Trend {
  const late = samples.slice(Math.floor(samples.length / 3));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const minutes = late.map(({ minute }) => minute);
  const values = late.map((one) => one[figure]);
  const [minuteMean, valueMean] = [mean(minutes), mean(values)];
  const spread = minutes.reduce((sum, minute) => sum + (minute - minuteMean) ** 2, 0);
  const slope =
    minutes.reduce((sum, minute, i) => sum + (minute - minuteMean) * ((values[i] ?? 0) - valueMean), 0) / spread;
  const residual = values.reduce((sum, value, i) => {
    const fitted = valueMean + slope * ((minutes[i] ?? 0) - minuteMean);
    return sum + (value - fitted) ** 2;
  }, 0);
  const minutesInAll = (minutes.at(-1) ?? 0) - (minutes[0] ?? 0);
  const error = Math.sqrt(residual / Math.max(1, late.length - 2) / spread);
  return { growth: slope * minutesInAll, noise: 2 * error * minutesInAll, mean: valueMean };
}
