import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from '../support/program.js';

const megabytes = (n: number): string => `'x'.repeat(${n}e6)`;

/** What each page does as soon as it is there. */
const pages: Readonly<Record<string, string>> = {
  log: `for (let i = 0; i < 60; i++) console.log(i + ${megabytes(10)})`,
  'log-warnings': `for (let i = 0; i < 30; i++) console.error({ text: i + ${megabytes(10)} }, i + ${megabytes(10)})`,
  throw: `for (let i = 0; i < 60; i++) setTimeout(() => { throw new Error(i + ${megabytes(10)}) })`,
  reject: `for (let i = 0; i < 60; i++) Promise.reject(i + ${megabytes(10)})`,
  worker: `new Worker(URL.createObjectURL(new Blob(["for (let i = 0; i < 60; i++) console.log(i + 'x'.repeat(1e7)); throw new Error('x'.repeat(1e8))"])))`,
  frame: `const f = document.createElement('iframe'); f.srcdoc = "<script>for (let i = 0; i < 60; i++) console.log(i + 'x'.repeat(1e7))</" + "script>"; document.body.append(f)`,
  dialog: `setTimeout(() => { for (let i = 0; i < 5; i++) alert(i + ${megabytes(50)}) })`,
  'data-images': `for (let i = 0; i < 40; i++) new Image().src = 'data:image/png;base64,' + i + ${megabytes(10)}`,
  'data-frame': `const f = document.createElement('iframe'); f.src = 'data:text/html,' + ${megabytes(50)}; document.body.append(f)`,
  'long-urls': `for (let i = 0; i < 150; i++) fetch('/asset?' + i + ${megabytes(1.9)}).catch(() => {})`,
  'push-state': `for (let i = 0; i < 60; i++) try { history.pushState(null, '', '?' + i + ${megabytes(1.9)}) } catch {}`,
  upload: `for (let i = 0; i < 20; i++) fetch('/upload', { method: 'POST', body: i + ${megabytes(20)} }).catch(() => {})`,
  'request-headers': `for (let i = 0; i < 60; i++) fetch('/asset', { headers: { 'x-large': 'x'.repeat(5e6) } }).catch(() => {})`,
  names: `window.name = ${megabytes(100)}; document.title = ${megabytes(100)}; document.cookie = 'a=' + ${megabytes(10)}`,
  sockets: `const w = new WebSocket(location.origin.replace('http', 'ws') + '/socket'); w.onopen = () => { for (let i = 0; i < 30; i++) w.send(i + ${megabytes(10)}) }`,
};

describe.runIf(process.platform === 'linux')('pages that say more than fits into memory', () => {
  let server: Program;
  let origin: Server;
  let url: string;
  beforeAll(async () => {
    origin = createServer(answer);
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`; // of a server that listens
    server = new Program({ nodeOptions: ['--max-old-space-size=256'] });
    await server.send({ cmd: 'sessions.create', session: 'neighbour' });
  }, 120_000);
  afterAll(async () => {
    await server.end();
    origin.closeAllConnections();
    origin.close();
  });

  const goesOn = async (): Promise<void> => {
    const { body } = await server.send({ cmd: 'request.get', session: 'neighbour', url: `${url}/`, timeout: 60_000 });
    expect(server.isUp, server.output).toBe(true);
    expect(body, JSON.stringify(body).slice(0, 1000)).toMatchObject({
      data: 'success',
      solution: { innerText: 'Welcome' },
    });
  };

  it.each(Object.keys(pages))(
    '%s – the server goes on, another session answers, and little is kept',
    async (name) => {
      const visit = { session: `page-${name}`, url: `${url}/page/${name}`, timeout: 8000 };
      await server.send({ cmd: 'request.get', ...visit, browserActions: [{ type: 'wait', wait: 2 }] });
      expect(server.isUp, server.output).toBe(true);
      await goesOn();
      // Beside the heap the process has its code and what has just come through the pipe.
      expect(server.residentMb).toBeLessThan(500);
      await server.send({ cmd: 'sessions.destroy', session: visit.session });
    },
    150_000,
  );

  it('execute_js that returns 600 MB – RESPONSE_TOO_LARGE, and the browser goes on', async () => {
    const { body } = await server.send({
      cmd: 'request.get',
      session: 'neighbour',
      url: `${url}/`,
      timeout: 55_000,
      browserActions: [{ type: 'execute_js', code: `Array.from({ length: 6 }, () => ${megabytes(100)})` }],
    });
    expect(body, JSON.stringify(body).slice(0, 300)).toMatchObject({ data: 'error', code: 'RESPONSE_TOO_LARGE' });
    await goesOn();
  }, 90_000);
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  request.resume();
  if (path.startsWith('/page/'))
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<body>page</body><script>${pages[path.slice(6).replace(/\?.*/, '')] ?? ''}</script>`);
  else response.writeHead(200, { 'content-type': 'text/html' }).end('<body>Welcome</body>');
}
