import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** Writes down what a page finds in its storages before anything else of it runs. */
const noting = `<script>
  const found = (storage) => JSON.stringify(Object.entries(storage).sort());
  globalThis.first = [found(localStorage), found(sessionStorage)];
</script>`;

const pages: Readonly<Record<string, (query: URLSearchParams) => string>> = {
  '/': () => noting,
  '/embeds': (query) =>
    noting +
    query
      .getAll('src')
      .map((src) => `<iframe src="${src}"></iframe>`)
      .join(''),
  '/stores': () =>
    `${noting}<script>localStorage.setItem('l', location.host); sessionStorage.setItem('s', '1')</script>`,
  // As a login page does that sends its visitor back at once.
  '/stores-and-goes': (query) => `<script>
    localStorage.setItem('token', location.host);
    sessionStorage.setItem('step', '2');
    location.replace(${JSON.stringify(query.get('to'))});
  </script>`,
  '/stores-database-and-goes': (query) => `<script>
    const request = indexedDB.open('login');
    request.onupgradeneeded = () => request.result.createObjectStore('tokens').put('secret', 'token');
    request.onsuccess = () => location.replace(${JSON.stringify(query.get('to'))});
  </script>`,
  '/after-a-while': () => noting,
  '/clears-and-reloads': () => `${noting}<script>
    if (!document.cookie.includes('cleared')) {
      document.cookie = 'cleared=1';
      localStorage.clear();
      sessionStorage.clear();
      location.reload();
    }
  </script>`,
  '/counts': () => `<script>localStorage.setItem('n', Number(localStorage.getItem('n') ?? 0) + 1)</script>`,
  '/worker': () => '<p>worker</p>',
};

/** Long enough for a slow machine to read the page that is left meanwhile. */
const afterAWhileMs = 3000;

/** Every site there is: a proxy that answers for them all. */
export class ManySites {
  /** What was asked for: method and URL. */
  readonly seen: string[] = [];
  readonly #server = createServer((request, response) => this.#answer(request, response));

  readonly #sockets = new WebSocketServer({ server: this.#server });

  async start(): Promise<void> {
    this.#server.on('connect', (_request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      this.#server.emit('connection', socket);
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get proxyServer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // of a port
  }

  #answer({ method, url = '', headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams, href } = new URL(url, `http://${headers.host}`);
    this.seen.push(`${method} ${href}`);
    if (pathname === '/sw.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end('onfetch = () => {};');
      return;
    }
    if (pathname === '/hang') return;
    if (pathname === '/after-a-while') setTimeout(() => this.#show(pathname, searchParams, response), afterAWhileMs);
    else this.#show(pathname, searchParams, response);
  }

  #show(pathname: string, query: URLSearchParams, response: ServerResponse): void {
    const page = pages[pathname];
    response.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      page ? `<!doctype html><html><head><link rel="icon" href="data:,"></head><body>${page(query)}</body></html>` : '',
    );
  }
}
