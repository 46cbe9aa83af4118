import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Origin } from '../support/origin.js';
import { isRunning } from '../support/processes.js';
import { Program } from '../support/program.js';
import { type Json, problemOf, randomCommands } from '../support/random-commands.js';

/** How long it lasts. An hour by hand: `SOAK_MINUTES=60 npx vitest run --project soak test/soak/soak.test.ts`. */
const minutes = Number(process.env.SOAK_MINUTES ?? 0.5);
const seed = Number(process.env.SOAK_SEED ?? 42);
const foes = ['foe-1', 'foe-2', 'foe-3'];
const honest = 'honest';
/** How long after a browser was stopped a session may tell that it crashed. */
const crashSpanMs = 30_000;

interface Figures {
  readonly minute: number;
  readonly heapMb: number;
  readonly rssMb: number;
  readonly processes: number;
  readonly descriptors: number;
  readonly sessions: number;
}

let origin: Origin;
let program: Program;
let address: string;

beforeAll(async () => {
  origin = new Origin();
  await origin.start();
  program = new Program({
    nodeOptions: ['--max-old-space-size=512'],
    env: {
      MOORING_API_KEYS: [...foes, honest].join(','),
      MOORING_PRIVATE_NETWORKS: '127.0.0.0/8',
      MOORING_MAX_SESSIONS: '12',
      MOORING_IDLE_TIMEOUT: '20s',
      MOORING_REQUEST_TIMEOUT: '15s',
      MOORING_SESSIONS_PER_BROWSER: '4',
      MOORING_LOG_LEVEL: 'warn',
    },
  });
  address = await program.address();
});
afterAll(async () => {
  await program.end();
  await origin.close();
});

async function send(body: Json, key: string): Promise<{ status: number; body: Json }> {
  const signal = AbortSignal.timeout(90_000);
  const response = await fetch(`${address}/api/v1?key=${key}`, { method: 'POST', body: JSON.stringify(body), signal });
  return { status: response.status, body: (await response.json()) as Json };
}

async function figures(minute: number): Promise<Figures> {
  const metrics = await (await fetch(`${address}/metrics?key=${honest}`)).text();
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1] ?? Number.NaN);
  const megabytes = (bytes: number): number => Math.round(bytes / 1024 ** 2);
  const pid = program.child.pid ?? 0;
  return {
    minute,
    heapMb: megabytes(metric('nodejs_heap_size_used_bytes')),
    rssMb: Math.round(program.residentMb),
    processes: program.descendants().length,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    sessions: metric('mooring_sessions{state="open"}'),
  };
}

it.runIf(process.platform === 'linux')(
  'four keys, hostile pages and callers, browsers that hang – the server stays up, and the honest key has its answers',
  async () => {
    const until = performance.now() + minutes * 60_000;
    const isTime = (): boolean => performance.now() < until && program.isUp;
    const faults: string[] = [];
    let stoppedAt = Number.NEGATIVE_INFINITY;
    let honestAnswers = 0;
    let excused = 0;

    const foe = async (key: string, i: number): Promise<void> => {
      const stream = randomCommands(origin.url, seed + i, 2000 + Math.round(minutes * 3000));
      while (isTime()) {
        const { value: sent, done } = stream.next();
        if (done) return;
        const answer = await send({ timeout: 5000, ...sent }, key).catch((error: unknown) => ({
          status: 0,
          body: { error: String(error) } as Json,
        }));
        const problem = problemOf(sent, answer);
        if (problem !== undefined)
          faults.push(
            `${key}: ${JSON.stringify(sent)} → ${problem} ${JSON.stringify(answer.body).slice(0, 500)}`.slice(0, 2000),
          );
      }
    };
    const honestJob = async (): Promise<void> => {
      for (let i = 0; isTime(); i++) {
        const session = `job-${i % 3}`;
        const url = `${origin.url}/orders?soak=${i}`;
        const { body } = await send({ cmd: 'request.get', session, url, timeout: 60_000 }, honest);
        const { data, error, solution } = body as { data: string; error?: string; solution: Json };
        if (data === 'success' && solution.currentUrl === url) honestAnswers += 1;
        else if (/crashed|no longer answered/.test(error ?? '') && performance.now() - stoppedAt < crashSpanMs)
          excused += 1;
        else faults.push(`honest: ${error ?? JSON.stringify(solution).slice(0, 300)}`);
        if (i % 20 === 19) await send({ cmd: 'sessions.destroy', session }, honest);
      }
    };
    /** Bodies that come byte by byte, and callers that read nothing. */
    const slowCaller = async (): Promise<void> => {
      const { hostname, port } = new URL(address);
      while (isTime()) {
        const socket = connect({ host: hostname, port: Number(port) });
        socket.on('error', () => {}); // it is thrown out
        const key = Math.random() < 0.5 ? 'foe-1' : 'nobody';
        socket.write(`POST /api/v1?key=${key} HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{`);
        for (let i = 0; i < 20 && isTime(); i++) {
          await sleep(100);
          socket.write(' ');
        }
        socket.destroy();
      }
    };
    /** Stops a browser now and then, and kills a tab. */
    const saboteur = async (): Promise<void> => {
      while (isTime()) {
        await sleep(Math.min(20_000, minutes * 15_000));
        if (!isTime()) return;
        const browsers = program.descendants(/chrom/i).filter((id) => {
          try {
            const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
            return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === program.child.pid;
          } catch {
            return false; // it ended this very moment
          }
        });
        const [tab] = program.descendants(/--type=renderer/);
        const victim = browsers[Math.floor(Math.random() * browsers.length)];
        stoppedAt = performance.now();
        if (tab !== undefined && isRunning(tab)) process.kill(tab, 'SIGKILL');
        if (victim !== undefined && isRunning(victim)) process.kill(victim, 'SIGSTOP');
      }
    };
    const rows: Figures[] = [];
    const observer = async (): Promise<void> => {
      for (let minute = 0; isTime(); minute++) {
        rows.push(await figures(minute));
        for (let i = 0; i < 60 && isTime(); i++) await sleep(1000);
      }
    };
    await Promise.all([
      ...foes.map(foe),
      ...foes.map((key, i) => foe(key, i + 10)),
      honestJob(),
      slowCaller(),
      saboteur(),
      observer(),
    ]);

    expect(program.isUp, program.output.slice(-3000)).toBe(true);
    for (const key of [...foes, honest]) {
      const { sessions } = (await send({ cmd: 'sessions.list' }, key)).body as { sessions: { session: string }[] };
      for (const { session } of sessions) await send({ cmd: 'sessions.destroy', session }, key);
    }
    rows.push(await figures(rows.length));
    console.table(rows);
    console.log({ honestAnswers, excused, faults });
    expect(faults).toEqual([]);
    expect(honestAnswers).toBeGreaterThan(minutes);
    const [, ...later] = rows;
    for (const { heapMb, descriptors } of later) {
      expect(heapMb).toBeLessThan(450);
      expect(descriptors).toBeLessThan(500);
    }
    expect((await send({ cmd: 'request.get', url: origin.url, timeout: 30_000 }, honest)).body.data).toBe('success');
  },
  minutes * 60_000 + 300_000,
);
