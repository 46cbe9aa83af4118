import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Origin } from '../support/origin.js';
import { descendantsOf, isRunning } from '../support/processes.js';
import { Program } from '../support/program.js';

const root = join(import.meta.dirname, '..', '..');

/** As a user starts it. */
const npmStart = (env: Record<string, string>): Program => new Program({ command: ['npm', 'start'], env });

const send = async (address: string, body: unknown) => {
  const response = await fetch(`${address}/api/v1`, { method: 'POST', body: JSON.stringify(body) });
  return (await response.json()) as { data: string; code?: string };
};

describe.runIf(process.platform === 'linux')('npm start', () => {
  let folder: string;
  let program: Program;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mooring-program-'));
  });
  afterEach(async () => {
    // What a failed test left: npm is gone before the server that it started.
    for (const id of [...program.descendants(), program.child.pid ?? 0].filter(isRunning)) process.kill(id, 'SIGKILL');
    await program.exited;
    rmSync(folder, { recursive: true, force: true });
  });

  it('prints where the docs are, which browser runs and why, and a curl line that works', async () => {
    program = npmStart({ MOORING_DATA_DIR: folder });
    const address = await program.address();
    await expect.poll(() => program.output).toMatch(/curl -s "[^"]+" -d '[^']+'/);
    expect(program.output).toContain(`${address}/docs`);
    expect(program.output).toMatch(/Chromium [\d.]+, (headless shell|full browser), \/\S+\n\s+\S+/);
    const [, url = '', body = ''] = /curl -s "([^"]+)" -d '([^']+)'/.exec(program.output) ?? [];
    const response = await fetch(url, { method: 'POST', body });
    expect(((await response.json()) as { data: string }).data).toBe('success');
    program.child.kill('SIGTERM');
    await program.exited;
  });

  it('SIGTERM to npm – reaches the server, which lets a command finish and leaves nothing', async () => {
    const origin = new Origin();
    await origin.start();
    program = npmStart({ MOORING_DATA_DIR: folder });
    const address = await program.address();
    const running = send(address, { cmd: 'request.get', url: `${origin.url}/never-loads`, timeout: 2000 });
    await expect.poll(() => origin.count('/hang')).toBe(1);
    const processes = program.descendants();
    expect(processes.length).toBeGreaterThan(2);
    program.child.kill('SIGTERM');
    await expect.poll(async () => (await send(address, { cmd: 'sessions.create' })).code).toBe('DRAINING');
    expect((await running).data).toBe('success');
    await program.exited;
    await expect.poll(() => processes.filter(isRunning)).toEqual([]);
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
    await origin.close();
  });

  it('a second signal – ends at once, and leaves nothing running', async () => {
    const origin = new Origin();
    await origin.start();
    program = npmStart({ MOORING_DATA_DIR: folder });
    const address = await program.address();
    const running = send(address, { cmd: 'request.get', url: `${origin.url}/hang` }).catch(() => 'cut off');
    await expect.poll(() => origin.count('/hang')).toBe(1);
    const processes = program.descendants();
    program.child.kill('SIGTERM');
    await expect.poll(() => program.output).toContain('shutting down');
    program.child.kill('SIGTERM');
    expect(await running).toBe('cut off');
    await program.exited;
    await expect.poll(() => processes.filter(isRunning)).toEqual([]);
    await origin.close();
  });

  it('kill -9 of the server – its browsers are gone, and the next start sweeps what it left', async () => {
    program = npmStart({ MOORING_DATA_DIR: folder });
    await send(await program.address(), { cmd: 'request.get', url: 'http://127.0.0.1:9/' });
    const processes = program.descendants();
    const [left] = readdirSync(join(folder, 'run'));
    for (const { id, command } of descendantsOf(program.child.pid ?? -1))
      if (/^node .*start\.mjs/.test(command)) process.kill(id, 'SIGKILL');
    await program.exited;
    await expect.poll(() => processes.filter(isRunning)).toEqual([]);
    expect(existsSync(join(folder, 'run', left ?? ''))).toBe(true);
    program = npmStart({ MOORING_DATA_DIR: folder });
    await program.address();
    expect(existsSync(join(folder, 'run', left ?? ''))).toBe(false);
    program.child.kill('SIGTERM');
    await program.exited;
  });

  it('a page that makes its browser say more than can be read – does not end the server', async () => {
    const origin = new Origin();
    await origin.start();
    program = npmStart({ MOORING_DATA_DIR: folder });
    const address = await program.address();
    const flood = [{ type: 'execute_js', code: 'console.log("\\u0001".repeat(1e8))' }];
    await send(address, {
      cmd: 'request.get',
      session: 'bad',
      url: `${origin.url}/`,
      browserActions: flood,
      timeout: 15_000,
    });
    await expect
      .poll(() => send(address, { cmd: 'request.get', url: `${origin.url}/` }).then(({ data }) => data), {
        timeout: 90_000,
      })
      .toBe('success');
    program.child.kill('SIGTERM');
    await program.exited;
    await origin.close();
  }, 150_000);

  it('kill -9 of its browser – is a line with the process, the signal and the sessions that ended', async () => {
    program = npmStart({ MOORING_DATA_DIR: folder });
    const address = await program.address();
    await send(address, { cmd: 'sessions.create', session: 'one' });
    await send(address, { cmd: 'sessions.create', session: 'two' });
    const [server] = descendantsOf(program.child.pid ?? -1).filter(({ command }) => /^node .*start\.mjs/.test(command));
    const browser = descendantsOf(server?.id ?? -1).find(({ parent }) => parent === server?.id)?.id ?? 0;
    process.kill(browser, 'SIGKILL');
    await expect.poll(() => program.output).toContain('a browser process ended unasked');
    const line = program.output.split('\n').find((text) => text.includes('a browser process ended unasked')) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      level: 40,
      engine: 'chromium',
      processId: browser,
      signal: 'SIGKILL',
      sessions: ['one', 'two'],
    });
    program.child.kill('SIGTERM');
    await program.exited;
  });

  it.each([
    [{ MOORING_HOST: '0.0.0.0' }, 'no key is set'],
    [{ MOORING_IDLE_TIMEOUT: 'long' }, 'expected a duration such as 200s'],
    [{ MOORING_TYPO: '1' }, 'MOORING_TYPO is not a setting'],
    [
      { MOORING_CHROMIUM: '/nonexistent/chromium' },
      'MOORING_CHROMIUM names /nonexistent/chromium, which cannot be run',
    ],
    [{ MOORING_CHROMIUM: '/bin/bash' }, 'MOORING_CHROMIUM: expected a Chromium that starts; /'],
    [
      { MOORING_DATA_DIR: join(root, 'package.json') },
      'MOORING_DATA_DIR: expected a folder that can be made and written',
    ],
    [{ MOORING_DATA_DIR: '/proc/mooring' }, 'MOORING_DATA_DIR: expected a folder that can be made and written'],
    [{ MOORING_PROXIES: '/nonexistent.yaml' }, 'MOORING_PROXIES: expected a file with proxies at /nonexistent.yaml'],
    [{ MOORING_PROXY_CA: '/nonexistent.pem' }, 'MOORING_PROXY_CA: expected a file with certificates'],
    [
      { MOORING_HOST: '192.0.2.1', MOORING_API_KEYS: 'k', MOORING_SANDBOX: 'off' },
      'MOORING_HOST: expected an address of this machine; 192.0.2.1 is none',
    ],
  ])('%j – does not start, and says why in one sentence', async (env, sentence) => {
    program = npmStart({ MOORING_DATA_DIR: folder, ...env });
    expect((await program.exited).code).toBe(1);
    expect(program.output).toContain(sentence);
    expect(program.output).not.toMatch(/\n\s+at |MooringError|node:/);
  });

  it('keys – the banner names none of them, and its curl line works with one', async () => {
    program = npmStart({ MOORING_DATA_DIR: folder, MOORING_API_KEYS: 'sesame,other' });
    await program.address();
    await expect.poll(() => program.output).toMatch(/curl -s "[^"]+" -d '[^']+'/);
    expect(program.output).not.toMatch(/sesame|other/);
    const [, url = '', body = ''] = /curl -s "([^"]+)" -d '([^']+)'/.exec(program.output) ?? [];
    const response = await fetch(url.replace('YOUR_KEY', 'sesame'), { method: 'POST', body });
    expect(((await response.json()) as { data: string }).data).toBe('success');
    program.child.kill('SIGTERM');
    await program.exited;
  });

  it('a port that is taken – does not start, says so, and leaves no browser', async () => {
    program = npmStart({ MOORING_DATA_DIR: folder });
    const { port } = new URL(await program.address());
    const second = npmStart({ MOORING_DATA_DIR: folder, MOORING_PORT: port });
    expect((await second.exited).code).toBe(1);
    expect(second.output).toContain(`MOORING_PORT: expected a free port; ${port} is in use by another program.`);
    expect(second.output).not.toMatch(/\n\s+at /);
    expect(readdirSync(join(folder, 'run'))).toHaveLength(1);
    program.child.kill('SIGTERM');
    await program.exited;
  });
});
