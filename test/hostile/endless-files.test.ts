import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningApp } from '../support/start-app.js';
import { suiteEngine } from '../support/suite-engines.js';

const chunk = Buffer.alloc(500_000, 'x');

describe.each([suiteEngine])('files without end on $name', ({ create }) => {
  let app: RunningApp;
  let origin: Server;
  let url: string;
  const open = new Set<ServerResponse>();
  beforeAll(async () => {
    origin = createServer((request, response) => {
      if (request.url === '/') {
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<a id="file" href="/endless">file</a><a id="html" href="/endless-page">page</a>');
        return;
      }
      const type = request.url === '/endless-page' ? 'text/html' : 'application/octet-stream';
      open.add(response);
      response.once('close', () => open.delete(response));
      response.writeHead(200, { 'content-type': type });
      void pour(response);
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`; // of a server that listens
    app = await RunningApp.start({ MOORING_RESPONSE_LIMIT: '2MB' }, await create());
  });
  afterAll(async () => {
    await app.close();
    origin.closeAllConnections();
    origin.close();
  });

  it.each([
    ['a page that is one', { url: '/endless' }],
    ['a click that leads to one', { url: '/', browserActions: [{ type: 'download', cssSelector: '#file' }] }],
  ])('%s – RESPONSE_TOO_LARGE while it comes, and the load stops', async (_name, { url: path, ...rest }) => {
    const started = performance.now();
    const request = { cmd: 'request.get', session: 'files', url: url + path, timeout: 50_000, ...rest };
    await app.fails('RESPONSE_TOO_LARGE', request);
    expect(performance.now() - started).toBeLessThan(30_000);
    await expect.poll(() => open.size).toBe(0);
    await app.ok({ cmd: 'request.get', session: 'files', url: `${url}/` });
  });

  it('a file that nobody asked for – its load stops', async () => {
    const browserActions = [{ type: 'click', cssSelector: '#file' }];
    await app.ok({ cmd: 'request.get', session: 'files', url: `${url}/`, browserActions });
    await expect.poll(() => open.size).toBe(0);
  });
});

/** Twenty megabytes a second, as long as somebody takes them. */
async function pour(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    response.write(chunk);
    await sleep(25);
  }
}
