import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { flipBit, type LastingServer } from '../support/lasting-server.js';
import { isRunning } from '../support/processes.js';
import type { Random } from '../support/random.js';
import type { SmallDisk } from '../support/small-disk.js';
import type { LastingJobs } from './lasting-jobs.js';

/** What faults are injected into. */
export interface Rig {
  readonly server: LastingServer;
  readonly jobs: LastingJobs;
  readonly random: Random;
  /** If undefined, no disk can be filled here. */
  readonly disk: SmallDisk | undefined;
  /** The file that says by how much the server's clock is off. */
  readonly clockFile: string;
}

export interface Fault {
  readonly kind: string;
  /** How likely it is, beside others. */
  readonly weight: number;
  /** Whether the server is another process afterwards. */
  readonly restarts: boolean;
  /** @returns how often it was done: 0 if there was nothing to do it to */
  readonly inject: (rig: Rig) => Promise<number>;
}

const hour = 3_600_000;

function signal(id: number | undefined, name: NodeJS.Signals): number {
  if (id === undefined || !isRunning(id)) return 0;
  try {
    process.kill(id, name);
    return 1;
  } catch {
    return 0; // it ended this very moment
  }
}

async function restart({ server }: Rig, end: () => Promise<unknown>): Promise<void> {
  await end();
  await server.start();
}

const damages = [
  (path: string, random: Random) => truncateSync(path, Math.floor(readFileSync(path).length * random.next())),
  (path: string, random: Random) => flipBit(path, random.next()),
];

/** Damages the newest record of up to three sessions that have one before it. The server is down. */
function damageRecords({ server, jobs, random }: Rig): number {
  let done = 0;
  for (const name of jobs.damageable.sort(() => random.next() - 0.5)) {
    const [newest, before] = server.recordsOf(name);
    if (newest === undefined || before === undefined) continue;
    random.pick(damages)?.(newest, random);
    jobs.damaged(name);
    done += 1;
    if (done === 3) break;
  }
  return done;
}

/** Every fault of the soak. Each returns once the server is there again. */
export const faults: readonly [Fault, ...Fault[]] = [
  {
    kind: 'kill -9 of a renderer',
    weight: 5,
    restarts: false,
    inject: async ({ server, random }) => signal(random.pick(server.renderers), 'SIGKILL'),
  },
  {
    kind: 'kill -9 of a browser',
    weight: 5,
    restarts: false,
    inject: async ({ server, random }) => signal(random.pick(server.browsers), 'SIGKILL'),
  },
  {
    kind: 'a browser stopped for some seconds (SIGSTOP)',
    weight: 2,
    restarts: false,
    inject: async ({ server, random }) => {
      const id = random.pick(server.browsers);
      const done = signal(id, 'SIGSTOP');
      await sleep(random.between(1000, 5000));
      signal(id, 'SIGCONT');
      return done;
    },
  },
  {
    kind: 'kill -9 of the server',
    weight: 5,
    restarts: true,
    inject: async (rig) => {
      await restart(rig, () => rig.server.kill());
      return 1;
    },
  },
  {
    kind: 'SIGTERM to the server under load',
    weight: 3,
    restarts: true,
    inject: async (rig) => {
      let code: number | null = null;
      await restart(rig, async () => {
        code = await rig.server.terminate();
      });
      if (code !== 0) rig.jobs.problems.push(`SIGTERM: expected the exit code 0; got ${code}`);
      return 1;
    },
  },
  {
    kind: 'a damaged or half-written record',
    weight: 3,
    restarts: true,
    inject: async (rig) => {
      let done = 0;
      await restart(rig, async () => {
        await rig.server.kill();
        done = damageRecords(rig);
      });
      return done;
    },
  },
  {
    kind: 'a disk that is full for some seconds',
    weight: 2,
    restarts: false,
    inject: async ({ disk, random }) => {
      if (!disk) return 0;
      disk.fill();
      await sleep(random.between(500, 3000));
      disk.empty();
      return 1;
    },
  },
  {
    kind: 'a jump of the server’s clock, of up to three days',
    weight: 2,
    restarts: false,
    inject: async ({ server, random, clockFile }) => {
      writeFileSync(clockFile, String(Math.round(random.between(-72, 72)) * hour));
      return signal(server.program.child.pid, 'SIGUSR2');
    },
  },
  {
    kind: 'a second server on the folder',
    weight: 1,
    restarts: false,
    inject: async ({ server, jobs }) => {
      const second = server.spawn();
      const { code } = await second.exited;
      if (code === 0 || !second.output.includes('no other server uses'))
        jobs.problems.push(`a second server: expected that it refuses; got ${code}, ${second.output.slice(-500)}`);
      return 1;
    },
  },
  {
    kind: 'a storm: every session is asked at once',
    weight: 2,
    restarts: false,
    inject: async ({ jobs }) => ((await jobs.storm()) > 0 ? 1 : 0),
  },
];
