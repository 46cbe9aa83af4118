import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CountingSite } from '../support/counting-site.js';
import { LastingServer } from '../support/lasting-server.js';
import { Random } from '../support/random.js';
import { SmallDisk } from '../support/small-disk.js';
import { faults, type Rig } from './lasting-faults.js';
import { LastingJobs } from './lasting-jobs.js';
import { type MemorySample, sample, trendOf } from './lasting-memory.js';
import { soakReport } from './lasting-report.js';
import { Tally } from './lasting-tally.js';

/** How long it lasts: `npm run soak -- 60`. */
const minutes = Number(process.env.SOAK_MINUTES ?? 3);
const seed = Number(process.env.SOAK_SEED ?? 12);
const reportFile = process.env.SOAK_REPORT;
const workers = 5;
/** From then on the server is not ended any more, so that its memory can be looked at: only in runs that are long enough. */
const restartsUntil = minutes >= 10 ? 0.4 : 1;
/** How many commands succeed between two faults. */
const progress = 2;
const sampleEveryMs = 5000;
/** A heap grows and shrinks by so much at any time. */
const heapNoiseMb = 10;

const sites = ['127.0.0.2', '127.0.0.3'].map((host) => new CountingSite(host));
const random = new Random(seed);
let folder: string;
let disk: SmallDisk | string;
let server: LastingServer;

beforeAll(async () => {
  for (const site of sites) await site.start();
  folder = mkdtempSync(join(tmpdir(), 'mooring-soak-'));
  const data = join(folder, 'data');
  disk = SmallDisk.mount(join(data, 'state'), 32);
  server = new LastingServer({
    folder: data,
    nodeOptions: ['--import', join(import.meta.dirname, '..', 'support', 'shifted-clock.mjs')],
    env: {
      CLOCK_SHIFT_FILE: join(folder, 'clock'),
      MOORING_MAX_SESSIONS: '8',
      MOORING_SESSIONS_PER_BROWSER: '4',
      MOORING_IDLE_TIMEOUT: '30s',
      MOORING_PAUSE_AFTER: '2s',
      MOORING_DRAIN_TIMEOUT: '5s',
    },
  });
});
afterAll(async () => {
  await server.end();
  if (typeof disk !== 'string') disk.unmount();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  for (const site of sites) await site.close();
});

/** Whether anybody listens there. */
const listens = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(address);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
  });

it.runIf(process.platform === 'linux')(
  'faults of every kind under load – what was acknowledged is there, and nothing is left at the end',
  async () => {
    const startedAt = performance.now();
    const untilMs = startedAt + minutes * 60_000;
    const isTime = (): boolean => performance.now() < untilMs;
    const jobs = new LastingJobs({ server, sites, random, lasting: 16, plain: 4 });
    const rig: Rig = {
      server,
      jobs,
      random,
      disk: typeof disk === 'string' ? undefined : disk,
      clockFile: join(folder, 'clock'),
    };
    const done = new Tally();
    let samples: MemorySample[] = [];
    let sampledStart = 0;
    let sampledSince = 0;

    const saboteur = async (): Promise<void> => {
      while (isTime()) {
        await sleep(random.between(100, 1500));
        const before = jobs.acknowledged;
        const mayRestart = performance.now() < startedAt + restartsUntil * minutes * 60_000;
        const [first, ...others] = faults.filter(({ restarts }) => mayRestart || !restarts);
        if (!first || !isTime()) return;
        const fault = random.pickWeighted([first, ...others]);
        jobs.nearFaultUntil = Number.POSITIVE_INFINITY;
        const times = await fault.inject(rig);
        if (times > 0) done.add(fault.kind, times);
        const patience = performance.now() + 60_000;
        while (jobs.acknowledged < before + progress && performance.now() < patience) await sleep(50);
        if (jobs.acknowledged < before + progress) jobs.problems.push(`nothing goes on after ${fault.kind}`);
        jobs.nearFaultUntil = performance.now() + 2000;
      }
    };
    const observer = async (): Promise<void> => {
      while (isTime()) {
        if (server.isUp) {
          if (sampledStart !== server.starts) {
            samples = [];
            sampledStart = server.starts;
            sampledSince = performance.now();
          }
          const taken = await sample(server, sampledSince).catch(() => undefined); // it is being ended
          if (taken && sampledStart === server.starts) samples.push(taken);
        }
        for (let ms = 0; ms < sampleEveryMs && isTime(); ms += 250) await sleep(250);
      }
    };

    await server.start();
    const working = Array.from({ length: workers }, () => jobs.work());
    await Promise.all([saboteur(), observer()]);
    jobs.end();
    await Promise.all(working);

    await server.kill();
    await server.start();
    done.add('kill -9 of the server');
    const { verified } = jobs;
    await jobs.verifyAll();
    const verifiedAtEnd = jobs.verified - verified;

    const list = async (): Promise<{ session: string; persist: boolean }[]> =>
      (await server.ok({ cmd: 'sessions.list' })).sessions;
    const names = jobs.names.sort();
    const listed = (await list()).filter(({ persist }) => persist).map(({ session }) => session);
    for (const { session } of await list()) await server.ok({ cmd: 'sessions.destroy', session });
    const records = readdirSync(server.stateFolder);
    const code = await server.terminate();
    const runFolder = join(server.folder, 'run');
    const ports = await Promise.all(server.addresses.map(listens));
    const left = {
      processes: server.processes.length,
      folders: existsSync(runFolder) ? readdirSync(runFolder).length : 0,
      ports: ports.filter(Boolean).length,
      records: records.length,
    };
    const leftOut = typeof disk === 'string' ? [`No disk was filled: ${disk}.`] : [];
    const report = soakReport({
      minutes,
      seed,
      jobs,
      faults: done,
      leftOut,
      starts: server.starts,
      samples,
      verifiedAtEnd,
      left,
    });
    console.log(report);
    if (reportFile) writeFileSync(reportFile, report);

    expect(jobs.problems).toEqual([]);
    expect(jobs.lost).toBe(0);
    expect(listed.sort()).toEqual(names);
    expect(code).toBe(0);
    expect(left).toEqual({ processes: 0, folders: 0, ports: 0, records: 0 });
    expect(done.total).toBeGreaterThan(minutes * 4);
    expect(jobs.verified).toBeGreaterThan(minutes * 20);
    if (restartsUntil < 1) {
      for (const figure of ['heapMb', 'residentMb'] as const) {
        const { growth, noise } = trendOf(samples, figure);
        expect(growth, figure).toBeLessThan(Math.max(heapNoiseMb, noise));
      }
    }
  },
  minutes * 60_000 + 300_000,
);
