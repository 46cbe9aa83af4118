import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Server as NetServer } from 'node:net';

/** Where a site keeps something in a browser. */
export const storageKinds = ['cookie', 'localStorage', 'sessionStorage', 'indexedDB'] as const;
export type StorageKind = (typeof storageKinds)[number];

/** What a page found in each place when it came; null: nothing. */
export type Found = Readonly<Record<StorageKind, string | null>>;

/** A site that keeps one value in every place that a browser has, and says what it found there before. */
export class CountingSite {
  readonly #host: string;
  readonly #server = createServer(({ url = '/', headers }, response) => {
    const next = new URL(url, 'http://site').searchParams.get('value');
    const cookie = /(?:^|;\s*)value=([^;]*)/.exec(headers.cookie ?? '')?.[1] ?? null;
    answer(response, next, cookie);
  });
  /** Holds the same port of the address that servers listen on: one of that port could not be told from this site. */
  readonly #held = createNetServer();
  #port = 0;

  /** @param host an address of loopback: cookies are kept for each by itself */
  constructor(host: string) {
    this.#host = host;
  }

  async start(): Promise<void> {
    await listen(this.#held, 0, '127.0.0.1');
    this.#port = (this.#held.address() as AddressInfo).port; // it listens on one
    await listen(this.#server, this.#port, this.#host);
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  /**
   * A request that finds what is kept, and puts a new value in its place.
   *
   * @param value letters, digits, dots and hyphens. If omitted, what is kept stays
   */
  request(session: string, value?: string, timeoutMs = 20_000) {
    return {
      cmd: 'request.get',
      session,
      url: `${this.url}/${value === undefined ? '' : `?value=${value}`}`,
      browserActions: [{ type: 'wait_for_selector', cssSelector: '#found', timeout: timeoutMs }],
      filter: ['innerText'],
      timeout: timeoutMs,
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    for (const server of [this.#server, this.#held]) await new Promise((resolve) => server.close(resolve));
  }
}

async function listen(server: NetServer, port: number, host: string): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}

/** @returns what the page of `CountingSite.request` found; undefined if the reply has no such page */
export function foundIn(reply: { solution?: { innerText?: unknown } }): Found | undefined {
  try {
    return JSON.parse(String(reply.solution?.innerText)) as Found; // as the page below writes it
  } catch {
    return undefined;
  }
}

function answer(response: ServerResponse, next: string | null, cookie: string | null): void {
  response.writeHead(200, {
    'content-type': 'text/html',
    'cache-control': 'no-store',
    ...(next === null ? {} : { 'set-cookie': `value=${next}; Path=/; Max-Age=8640000; HttpOnly` }),
  });
  response.end(`<!doctype html><title>Counting</title><body><script>
    const next = ${JSON.stringify(next)};
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const main = async () => {
      const found = {
        cookie: ${JSON.stringify(cookie)},
        localStorage: localStorage.getItem('value'),
        sessionStorage: sessionStorage.getItem('value'),
      };
      const opening = indexedDB.open('counting', 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore('values');
      const database = await done(opening);
      const store = database.transaction('values', 'readwrite').objectStore('values');
      found.indexedDB = (await done(store.get('value'))) ?? null;
      if (next !== null) {
        localStorage.setItem('value', next);
        sessionStorage.setItem('value', next);
        store.put(next, 'value');
      }
      await new Promise((resolve, reject) => {
        store.transaction.oncomplete = resolve;
        store.transaction.onabort = () => reject(store.transaction.error);
      });
      database.close();
      return found;
    };
    main().then(
      (found) => JSON.stringify(found),
      (error) => 'failed: ' + error,
    ).then((text) => {
      const line = document.createElement('p');
      line.id = 'found';
      line.textContent = text;
      document.body.append(line);
    });
  </script></body>`);
}
