import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { connect, type Browser as PuppeteerBrowser, type Page as PuppeteerPage } from 'puppeteer-core';
import { WebSocket } from 'ws';
import type { AnyJson } from './any-json.js';
import type { RunningApp } from './start-app.js';

type Fields = Record<string, unknown>;

export interface AttachedPlaywright {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly page: Page;
}

export interface AttachedPuppeteer {
  readonly browser: PuppeteerBrowser;
  readonly page: PuppeteerPage;
}

/** What a browser answers, or tells. */
export interface RawMessage {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Fields;
  readonly sessionId?: string;
  readonly result?: AnyJson;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A client that speaks the protocol itself. */
export class RawClient {
  readonly socket: WebSocket;
  readonly events: RawMessage[] = [];
  readonly #answers = new Map<number, (message: RawMessage) => void>();
  #lastId = 0;
  /** Code and reason, once it is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as RawMessage;
      const answer = this.#answers.get(message.id ?? -1);
      if (answer) answer(message);
      else this.events.push(message);
    });
    socket.on('error', () => {}); // it closes
    this.closed = new Promise((resolve) =>
      socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
  }

  static async open(url: string): Promise<RawClient> {
    const client = new RawClient(new WebSocket(url));
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', () => resolve());
      client.socket.once('error', reject);
      client.socket.once('unexpected-response', (_request, response) =>
        reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    return client;
  }

  /** Sends a command. @returns the whole answer */
  ask(method: string, params: Fields = {}, sessionId?: string): Promise<RawMessage> {
    const id = ++this.#lastId;
    this.socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  /** The same for one that is to succeed. @returns its result */
  async ok(method: string, params?: Fields, sessionId?: string): Promise<RawMessage['result']> {
    const { result, error } = await this.ask(method, params, sessionId);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Attaches to the first page. @returns the session */
  async attachToPage(): Promise<string> {
    const { targetInfos } = await this.ok('Target.getTargets');
    const { targetId } = targetInfos.find(({ type }: { type: string }) => type === 'page');
    return (await this.ok('Target.attachToTarget', { targetId, flatten: true })).sessionId;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** Clients of one server's sessions. */
export class Attaching {
  readonly #app: () => RunningApp;
  readonly #ends: (() => Promise<unknown>)[] = [];

  constructor(app: () => RunningApp) {
    this.#app = app;
  }

  /** An address to attach to a session with. */
  async address(session: string, rest: Fields = {}): Promise<string> {
    return (await this.#app().ok({ cmd: 'websocket.create', session, ...rest })).solution.wsEndpoint;
  }

  async playwright(session: string, rest: Fields = {}): Promise<AttachedPlaywright> {
    const browser = await chromium.connectOverCDP(await this.address(session, rest));
    this.#ends.push(() => browser.close());
    const [context] = browser.contexts();
    const [page] = context?.pages() ?? [];
    if (!context || !page) throw new Error('expected the context of the session, with its page');
    return { browser, context, page };
  }

  async puppeteer(session: string, rest: Fields = {}): Promise<AttachedPuppeteer> {
    const browser = await connect({ browserWSEndpoint: await this.address(session, rest) });
    this.#ends.push(() => browser.disconnect());
    const [page] = await browser.pages();
    if (!page) throw new Error('expected the page of the session');
    return { browser, page };
  }

  async raw(session: string, rest: Fields = {}): Promise<RawClient> {
    const client = await RawClient.open(await this.address(session, rest));
    this.#ends.push(() => client.close());
    return client;
  }

  /** Lets every client leave. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#ends.splice(0).map((end) => end()));
  }

  async stateOf(session: string): Promise<string | undefined> {
    const { sessions } = await this.#app().ok({ cmd: 'sessions.list' });
    return sessions.find((row: { session: string }) => row.session === session)?.state;
  }

  /** What the session shows, as a request reads it. */
  async shown(session: string): Promise<{ currentUrl: string; statusCode: number; innerText: string }> {
    const { solution } = await this.#app().ok({ cmd: 'request.get', session, keepSamePage: true });
    return solution;
  }
}
