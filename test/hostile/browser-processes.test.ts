import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chosenFirefox } from '../support/firefox.js';
import { Origin } from '../support/origin.js';
import { isRunning } from '../support/processes.js';
import { Program } from '../support/program.js';

const hasFirefox = (await chosenFirefox()) !== undefined;

describe.runIf(process.platform === 'linux')('browser processes', () => {
  let origin: Origin;
  let program: Program;
  beforeAll(async () => {
    origin = new Origin();
    await origin.start();
    return () => origin.close();
  });
  afterEach(() => program?.end());

  const send = async (body: object, key?: string) => (await program.send(body, key)).body;
  const browsers = (): number[] => program.descendants(/chrom|firefox/i);
  /** Processes of browsers, the first of each: those that the server started. */
  const mains = (): number[] => browsers().filter((id) => parentOf(id) === program.child.pid);
  const parentOf = (id: number): number => {
    try {
      const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    } catch {
      return Number.NaN; // it ended this very moment
    }
  };

  it('a browser that is stopped – its sessions go on in another one, as new ones do, within ten seconds or so', async () => {
    program = new Program();
    await send({ cmd: 'sessions.create', session: 'before' });
    const [stopped = 0] = mains();
    process.kill(stopped, 'SIGSTOP');
    const { data, error } = await send({ cmd: 'sessions.create', session: 'after' });
    expect([data, error]).toEqual(['success', undefined]);
    await expect.poll(() => isRunning(stopped), { timeout: 30_000 }).toBe(false);
    const { restored } = await send({ cmd: 'request.get', session: 'before', url: origin.url });
    expect(restored).toBe(true);
    expect((await send({ cmd: 'request.get', session: 'after', url: origin.url })).data).toBe('success');
    expect(program.output).toContain('a browser process no longer answers; it is killed');
  });

  it('while one is stopped – sessions are opened elsewhere at once, and other browsers go on', async () => {
    program = new Program({ env: { MOORING_SESSIONS_PER_BROWSER: '2' } });
    for (const session of ['a', 'b', 'c']) await send({ cmd: 'sessions.create', session });
    const [first = 0, second = 0] = mains();
    expect(second).toBeGreaterThan(0);
    process.kill(first, 'SIGSTOP');
    expect((await send({ cmd: 'request.get', session: 'c', url: origin.url })).data).toBe('success');
    await expect.poll(() => isRunning(first), { timeout: 30_000 }).toBe(false);
    for (const session of ['c', 'd', 'e'])
      expect((await send({ cmd: 'request.get', session, url: origin.url })).data).toBe('success');
    expect(isRunning(second)).toBe(true);
  });

  it('the environment – holds nothing of the server’s', async () => {
    program = new Program({ env: { MOORING_API_KEYS: 'a-key', DATABASE_PASSWORD: 'a-secret' } });
    await send({ cmd: 'sessions.create', session: 'a' }, 'a-key');
    for (const id of browsers()) {
      expect(readFileSync(`/proc/${id}/environ`, 'utf8')).not.toMatch(/MOORING_|a-key|a-secret/);
    }
    expect(readFileSync(`/proc/${mains()[0]}/environ`, 'utf8')).toContain(`TMPDIR=${program.folder}`);
  });

  it.each(hasFirefox ? ['chrome', 'firefox'] : ['chrome'])(
    'kill -9 of the server – leaves no process of %s, a stopped one neither after the next start',
    async (browser) => {
      program = new Program();
      await send({ cmd: 'sessions.create', session: 'a', browser });
      const left = browsers();
      expect(left.length).toBeGreaterThan(2);
      const [last = 0] = mains().slice(-1);
      process.kill(last, 'SIGSTOP'); // it cannot notice by itself
      program.child.kill('SIGKILL');
      await program.exited;
      const next = new Program({ env: { MOORING_DATA_DIR: program.folder } });
      try {
        await next.address();
        await expect.poll(() => left.filter(isRunning)).toEqual([]);
        expect(readdirSync(join(program.folder, 'run'))).toHaveLength(1);
      } finally {
        await next.end();
      }
    },
  );

  it.runIf(hasFirefox)('kill -9 of the server – a Firefox ends by itself', async () => {
    program = new Program();
    await send({ cmd: 'sessions.create', session: 'a', browser: 'firefox' });
    const left = browsers();
    program.child.kill('SIGKILL');
    await expect.poll(() => left.filter(isRunning), { timeout: 20_000 }).toEqual([]);
  });

  it('a page that takes memory without end – is ended, its session goes on, and others do not notice', async () => {
    program = new Program({ env: { MOORING_PAGE_MEMORY: '400MB' } });
    await send({ cmd: 'request.get', session: 'other', url: `${origin.url}/set-cookie` });
    const code =
      // Kept: a promise that nobody holds and that never settles is collected, which ends the script.
      'globalThis.kept = new Promise(() => { const held = []; setInterval(() => held.push(new Uint8Array(2e7).fill(1)), 20); })';
    const greedy = { cmd: 'request.get', session: 'greedy', url: `${origin.url}/set-cookie`, timeout: 40_000 };
    const { code: failure, timeElapsed } = await send({ ...greedy, browserActions: [{ type: 'execute_js', code }] });
    expect([failure, timeElapsed < 35_000]).toEqual(['CODE-0026', true]);
    const { solution } = await send({ cmd: 'request.get', session: 'greedy', url: `${origin.url}/echo` });
    expect(solution.innerText).toContain('a=1');
    expect((await send({ cmd: 'request.get', session: 'other', keepSamePage: true })).data).toBe('success');
  });

  it('a browser that is killed again and again – leaves no folder behind', async () => {
    program = new Program({ env: { MOORING_CHROMIUM_FLAVOUR: 'full' } });
    for (const session of ['a', 'b', 'c']) {
      await send({ cmd: 'sessions.create', session });
      const [main = 0] = mains();
      process.kill(main, 'SIGKILL');
      await expect.poll(() => isRunning(main)).toBe(false);
    }
    const [run = ''] = readdirSync(join(program.folder, 'run'));
    program.child.kill('SIGTERM');
    await program.exited;
    expect(readdirSync(join(program.folder, 'run'))).not.toContain(run);
  });
});
