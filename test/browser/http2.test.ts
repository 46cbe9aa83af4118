import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chosenChromium, chromiumEngine } from '../support/chromium.js';
import { RunningApp } from '../support/start-app.js';
import { certificate, trustSwitch } from '../support/tls/certificate.js';

let site: Http2SecureServer;
let url: string;
let app: RunningApp;
/** The protocol version of each request. */
const versions: string[] = [];

beforeAll(async () => {
  site = createSecureServer({ ...certificate, allowHTTP1: false }, (request, response) => {
    versions.push(request.httpVersion);
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/html', 'x-origin': 'h2', 'set-cookie': 'h2=yes; Path=/' });
      response.end(`<p>${request.method} ${body}</p>`);
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(site.address() as AddressInfo).port}/`; // listening on TCP
  app = await RunningApp.start({}, chromiumEngine(await chosenChromium(), 50, [trustSwitch()]));
});
afterAll(async () => {
  await app?.close();
  await new Promise((resolve) => site.close(resolve));
});

it('a site that speaks HTTP/2 alone – status, headers, cookies and POST as ever, no pseudo-headers', async () => {
  const { solution } = await app.ok({ cmd: 'request.get', session: 'h2', url });
  expect(solution).toMatchObject({ statusCode: 200, innerText: 'GET', cookieString: 'h2=yes' });
  expect(solution.responseHeaders['x-origin']).toBe('h2');
  expect(Object.keys(solution.requestHeaders).filter((name) => name.startsWith(':'))).toEqual([]);
  const posted = await app.ok({ cmd: 'request.post', session: 'h2', url, postData: { a: 1 } });
  expect(posted.solution.innerText).toBe('POST a=1');
  expect(new Set(versions)).toEqual(new Set(['2.0']));
});
