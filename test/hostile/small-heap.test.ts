import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Origin } from '../support/origin.js';
import { descendantsOf, isRunning } from '../support/processes.js';

const root = join(import.meta.dirname, '..', '..');

/** The program as a user starts it, with a heap of 256 MB. */
describe.runIf(process.platform === 'linux')('a small heap', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mooring-heap-'));
  const origin = new Origin();
  let child: ChildProcess;
  let address = '';
  let output = '';

  beforeAll(async () => {
    await origin.start();
    child = spawn('npm', ['start'], {
      cwd: root,
      env: {
        ...process.env,
        MOORING_PORT: '0',
        MOORING_DATA_DIR: folder,
        MOORING_API_KEYS: 'one,two',
        MOORING_PRIVATE_NETWORKS: 'named',
        NODE_OPTIONS: '--max-old-space-size=256',
      },
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    await vi.waitFor(() => expect(output).toMatch(/listens on \S+/), { timeout: 50_000 });
    address = /listens on (\S+)/.exec(output)?.[1] ?? '';
  });
  afterAll(async () => {
    const processes = descendantsOf(child.pid ?? -1).map(({ id }) => id);
    child.kill('SIGTERM');
    await vi.waitFor(() => expect(processes.filter(isRunning)).toEqual([]), { timeout: 40_000 });
    await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = async (key: string, body: Record<string, unknown>) => {
    const response = await fetch(`${address}/api/v1?key=${key}`, { method: 'POST', body: JSON.stringify(body) });
    // biome-ignore lint/suspicious/noExplicitAny: a reply as it came over the wire
    return (await response.json()) as any;
  };
  const othersGoOn = async (): Promise<void> => {
    const reply = await send('two', { cmd: 'request.get', session: 'other', url: `${origin.url}/` });
    expect(reply.data, JSON.stringify(reply)).toBe('success');
    expect(output).not.toMatch(/heap out of memory|uncaught/i);
  };

  it('a batch of a hundred pages of 4 MB – RESPONSE_TOO_LARGE', async () => {
    await othersGoOn();
    const url = `${origin.url}/large-page?bytes=4000000`;
    const requests = Array.from({ length: 100 }, () => ({ url, requestType: 'request' })); // quick, for nothing is laid out
    const reply = await send('one', { cmd: 'request.batch', session: 'x', requests });
    expect(reply.code).toBe('RESPONSE_TOO_LARGE');
    expect(reply.results.length).toBeGreaterThan(2);
    await othersGoOn();
  });

  it('twelve bodies of 30 MB without a key, sent whatever is answered', async () => {
    const body = Buffer.alloc(30_000_000, 'x');
    const flood = (): Promise<number> =>
      new Promise((resolve) => {
        const outgoing = httpRequest(`${address}/api/v1`, { method: 'POST' }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        // Its connection is closed before it has sent all.
        outgoing.on('error', () => resolve(0));
        outgoing.on('socket', (socket) => socket.on('error', () => resolve(0)));
        outgoing.end(body);
      });
    const statuses = await Promise.all([...Array.from({ length: 12 }, flood), othersGoOn()]);
    for (const status of statuses.slice(0, 12)) expect([0, 401]).toContain(status);
    await othersGoOn();
  });

  it('eight bodies of 30 MB with a key – each is done, or told CODE-0001', async () => {
    const large = { cmd: 'sessions.list', filler: 'x'.repeat(30_000_000) };
    const replies = await Promise.all(Array.from({ length: 8 }, () => send('one', large)));
    for (const reply of replies) expect(reply.code ?? 'success').toMatch(/^(success|CODE-0001)$/);
    expect(replies.some(({ data }) => data === 'success')).toBe(true);
    await othersGoOn();
  });
});
