import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { Origin } from '../support/origin.js';
import { browserProcesses } from '../support/processes.js';
import { problemOf, randomCommands } from '../support/random-commands.js';
import { RunningApp } from '../support/start-app.js';

/** How long commands are sent. A longer run by hand, with others: `RANDOM_SECONDS=600 RANDOM_SEED=1`. */
const seconds = Number(process.env.RANDOM_SECONDS ?? 10);
const seed = Number(process.env.RANDOM_SEED ?? 4711);
const atOnce = 4;

const origin = new Origin();
let app: RunningApp;

beforeAll(async () => {
  await origin.start();
  const settings = { MOORING_MAX_SESSIONS: '6', MOORING_QUEUE_TIMEOUT: '2s', MOORING_REQUEST_TIMEOUT: '3s' };
  app = await RunningApp.start(settings, chromiumEngine(await chosenChromium()));
});
afterAll(async () => {
  await app?.close();
  await origin.close();
  expect(browserProcesses()).toEqual([]);
});

it(
  'random commands, valid and not – every answer has the shape of the contract, the server lives, nothing is left',
  async () => {
    const stream = randomCommands(origin.url, seed, 20_000);
    const until = performance.now() + seconds * 1000;
    const outcomes: Record<string, number> = {};
    const worker = async (): Promise<void> => {
      while (performance.now() < until) {
        const { value: sent, done } = stream.next();
        if (done) return;
        const signal = AbortSignal.timeout(30_000);
        const answer = await app
          .send(sent, { signal })
          .catch((error: unknown) => ({ status: 0, body: { error: String(error) } }));
        const outcome = String(answer.body.code ?? answer.body.data);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        const problem = problemOf(sent, answer);
        expect(
          problem,
          `seed ${seed}: ${JSON.stringify(sent).slice(0, 2000)} → ${JSON.stringify(answer.body).slice(0, 2000)}`,
        ).toBeUndefined();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    // The commands were not all refused, nor all taken.
    expect(outcomes.success, JSON.stringify(outcomes)).toBeGreaterThan(10);
    expect(Object.keys(outcomes).length).toBeGreaterThan(5);

    const { sessions } = (await app.send({ cmd: 'sessions.list' })).body;
    for (const row of sessions) await app.send({ cmd: 'sessions.destroy', session: row.session });
    expect((await app.send({ cmd: 'sessions.list' })).body.open).toBe(0);
    expect((await app.get('/readyz')).status).toBe(200);
    await sleep(500);
    expect((await app.get('/api/v1/balance')).body.balance).toBe(6);
    expect((await app.ok({ cmd: 'request.get', url: `${origin.url}/`, timeout: 20_000 })).solution.statusCode).toBe(
      200,
    );
  },
  seconds * 1000 + 120_000,
);
