import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, createServer, type MooringServer, type ServerOptions, StartError } from '../../src/index.js';

let folder: string;
let servers: MooringServer[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-library-'));
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true, force: true });
});

const make = (options: ServerOptions = {}): MooringServer => {
  const server = createServer({ port: 0, logLevel: 'silent', dataDir: folder, ...options });
  servers.push(server);
  return server;
};

const createSession = async (address: string): Promise<unknown> => {
  const response = await fetch(`${address}/api/v1`, {
    method: 'POST',
    body: JSON.stringify({ cmd: 'sessions.create', session: 'same' }),
  });
  return ((await response.json()) as { data: unknown }).data;
};

const isListening = (address: string): Promise<boolean> =>
  fetch(`${address}/livez`).then(
    () => true,
    () => false,
  );

describe('createServer', () => {
  it('two servers in one process – each has its own port and sessions; closing one leaves the other', async () => {
    const [one, two] = [make(), make({ sessionsPerBrowser: 2 })];
    const [first, second] = await Promise.all([one.start(), two.start()]);
    expect(first).not.toBe(second);
    expect(await Promise.all([createSession(first), createSession(second)])).toEqual(['success', 'success']);
    await one.close();
    expect([await isListening(first), await isListening(second)]).toEqual([false, true]);
    await two.close();
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
  });

  it('start and close – twice are the same promise; a start after a close is refused', async () => {
    const server = make();
    expect(server.start()).toBe(server.start());
    await server.start();
    expect(server.close()).toBe(server.close());
    await server.close();
    await expect(server.start()).rejects.toThrow('expected a new server; this one is closed.');
    const unstarted = make();
    await unstarted.close();
    await expect(unstarted.start()).rejects.toThrow('expected a new server; this one is closed.');
  });

  it('process – has the environment and the handlers of signals and exceptions that it had', async () => {
    const events = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection'] as const;
    const listeners = () => events.map((event) => process.listenerCount(event));
    const before = { listeners: listeners(), env: { ...process.env } };
    const server = make();
    await server.start();
    expect({ listeners: listeners(), env: { ...process.env } }).toEqual(before);
    await server.close();
    expect({ listeners: listeners(), env: { ...process.env } }).toEqual(before);
  });

  it.each([0, 50, 300, 600, 900])('close %i ms after start – ends the start, and leaves nothing', async (ms) => {
    const server = make();
    const started = server.start().then(
      (address) => address,
      (error: unknown) => error,
    );
    // The point of the start at which it comes is what is tried.
    await new Promise((resolve) => setTimeout(resolve, ms));
    await server.close();
    const result = await started;
    if (typeof result === 'string') expect(await isListening(result)).toBe(false);
    else expect(result).toBeInstanceOf(StartError);
    expect(readdirSync(folder).includes('run') ? readdirSync(join(folder, 'run')) : []).toEqual([]);
  });

  it('a port that is taken – fails the start with the name of the option, and leaves nothing', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number }; // it listens on TCP
    const server = make({ port });
    const error = await server.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ setting: 'port', message: expect.stringMatching(/^port: expected a free port; /) });
    expect(readdirSync(join(folder, 'run'))).toEqual([]);
    await server.close();
    taken.close();
  });

  it('a browser that cannot be run – fails the start', async () => {
    await expect(make({ chromium: '/nonexistent/chromium' }).start()).rejects.toThrow(StartError);
  });

  it('an option that is none – is told at once', () => {
    expect(() => createServer({ prot: 1 } as ServerOptions)).toThrow(ConfigError);
  });
});
