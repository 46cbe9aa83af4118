import { afterAll, beforeAll } from 'vitest';
import { Origin } from './origin.js';
import { type Answer, RunningApp } from './start-app.js';
import type { SuiteEngine } from './suite-engines.js';

type Fields = Record<string, unknown>;

export interface EngineSuiteOptions {
  /** The session of its requests. */
  readonly session: string;
  /** Environment variables of the server. */
  readonly settings?: Record<string, string>;
  /** How many user agents the engine presents at once. */
  readonly maxProcesses?: number;
}

/** A site, and a server with one engine, for as long as the tests around it run. */
export class EngineSuite {
  readonly origin = new Origin();
  readonly #session: string;
  #app: RunningApp | undefined;

  constructor(engine: SuiteEngine, { session, settings = {}, maxProcesses }: EngineSuiteOptions) {
    this.#session = session;
    beforeAll(async () => {
      await this.origin.start();
      this.#app = await RunningApp.start(settings, await engine.create(maxProcesses));
    });
    afterAll(async () => {
      await this.#app?.close();
      await this.origin.close();
    });
  }

  get app(): RunningApp {
    if (!this.#app) throw new Error('the server has not started');
    return this.#app;
  }

  /** `request.get` for a page of the site. */
  readonly body = (path: string, rest: Fields = {}): Fields => ({
    cmd: 'request.get',
    session: this.#session,
    url: `${this.origin.url}${path}`,
    ...rest,
  });

  /** Gets a page that is to come. @returns the reply */
  readonly get = (path: string, rest: Fields = {}): Promise<Answer['body']> => this.app.ok(this.body(path, rest));

  /** The same. @returns its `solution` */
  readonly solution = async (path: string, rest: Fields = {}): Promise<Answer['body']> =>
    (await this.get(path, rest)).solution;

  /** Gets a page that is to fail with this code. @returns the error's sentence */
  readonly fails = (code: string, path: string, rest: Fields = {}): Promise<string> =>
    this.app.fails(code, this.body(path, rest));
}
