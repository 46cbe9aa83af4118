import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Origin } from '../support/origin.js';
import { Program } from '../support/program.js';

describe.runIf(process.platform === 'linux')('a small heap', () => {
  const origin = new Origin();
  let program: Program;
  let address = '';

  beforeAll(async () => {
    await origin.start();
    program = new Program({
      nodeOptions: ['--max-old-space-size=256'],
      env: { MOORING_API_KEYS: 'one,two', MOORING_PRIVATE_NETWORKS: 'named' },
    });
    address = await program.address();
  });
  afterAll(async () => {
    await program.end();
    await origin.close();
  });

  const send = async (key: string, body: object) => (await program.send(body, key)).body;
  const othersGoOn = async (): Promise<void> => {
    const reply = await send('two', { cmd: 'request.get', session: 'other', url: `${origin.url}/` });
    expect(reply.data, JSON.stringify(reply)).toBe('success');
    expect(program.output).not.toMatch(/heap out of memory|uncaught/i);
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
