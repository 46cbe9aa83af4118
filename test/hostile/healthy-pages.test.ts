import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowserEngine, EngineContext, EnginePage } from '../../src/engine/engine.js';
import { MooringError } from '../../src/errors.js';
import { suiteEngine } from '../support/suite-engines.js';

const assets = 300;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // exposed by the flag above

async function heapBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await sleep(100);
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

describe('pages that do nothing wrong', () => {
  let engine: BrowserEngine;
  let context: EngineContext;
  let origin: Server;
  let url: string;
  const { signal } = new AbortController();
  beforeAll(async () => {
    origin = createServer((request, response) => {
      const script = `for (let i = 0; i < ${assets}; i++) new Image().src = '/asset/' + i + Math.random()`;
      const body = request.url === '/assets' ? `<script>${script}</script>` : `<div style="height:20000px">high</div>`;
      response.writeHead(200, { 'content-type': 'text/html' }).end(body);
    });
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`; // of a server that listens
    engine = await suiteEngine.create();
    await engine.start();
    context = await engine.newContext({}, signal);
  });
  afterAll(async () => {
    await engine.close();
    origin.closeAllConnections();
    origin.close();
  });

  const visit = async (path: string, page?: EnginePage): Promise<EnginePage> => {
    page ??= await context.newPage(signal);
    const request = { url: url + path, method: 'GET', headers: {}, loadTimeoutMs: 20_000, maxBodyBytes: 1e7 } as const;
    await page.navigate(request, signal);
    return page;
  };

  it('the server stands still while they are settled – none counts as hung', async () => {
    const pages = await Promise.all(['/', '/', '/'].map((path) => visit(path)));
    const settling = pages.map((page) => page.settle());
    const until = performance.now() + 1500;
    while (performance.now() < until);
    expect(await Promise.all(settling)).toEqual([true, true, true]);
    expect(pages.map(({ alive }) => alive)).toEqual([true, true, true]);
  });

  it('a page with hundreds of assets – the driver keeps nothing of them', async () => {
    const page = await context.newPage(signal);
    await visit('/assets', page);
    await visit('/assets', page);
    const before = await heapBytes();
    for (let i = 0; i < 5; i++) await visit('/assets', page);
    // The objects of 1500 assets were 25 megabytes.
    expect((await heapBytes()) - before).toBeLessThan(5e6);
  });

  it('a page that is higher than a picture can be – RESPONSE_TOO_LARGE at once, and the viewport can be had', async () => {
    const page = await visit('/');
    const error = await page.screenshot({ fullPage: true }, signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MooringError);
    expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', message: expect.stringMatching(/× 20\d{3}\./) });
    expect((await page.screenshot({ fullPage: false }, signal)).byteLength).toBeGreaterThan(0);
  });
});
