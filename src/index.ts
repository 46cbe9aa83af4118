import { thisHost } from './config/host.js';
import { parseOptions } from './config/parse-options.js';
import type { ServerOptions } from './config/server-options.js';
import type { Config } from './config/settings.js';
import type { Server } from './server.js';
import { StartError } from './start-error.js';

export { ConfigError } from './config/config-error.js';
export type { ServerOptions } from './config/server-options.js';
export { StartError } from './start-error.js';

/** A Mooring server in this process. */
export interface MooringServer {
  /**
   * Finds the browsers, launches one and listens. Idempotent: repeated calls return the same promise.
   *
   * @returns the address, such as `http://127.0.0.1:8191`
   * @throws StartError when a setting or the machine is the reason, and when the server is closed, or is while it starts:
   * keep the promise, so that its failure is seen. A start that fails leaves nothing open; to try again, make another server
   */
  start(): Promise<string>;
  /**
   * Lets running commands finish for as long as `drainTimeout` allows, then ends sessions and browsers and stops listening.
   * Idempotent: repeated calls return the same promise.
   */
  close(): Promise<void>;
}

/**
 * Makes a server; `start()` starts it. Several can run in one process, each with its own port.
 *
 * Settings come from `options` alone: no `MOORING_…` variable, no `PORT` and no config file is read. What finds and starts
 * browsers is taken from the environment: `PATH`, `HOME`, `PLAYWRIGHT_BROWSERS_PATH`, the `XDG_…` folders and the like.
 *
 * It installs no handlers of signals or exceptions and never ends the process: call `close()` when your program ends, and
 * expect that the browsers' driver can throw in a callback (`uncaughtException`) where a page floods it. The log goes to
 * stderr as JSON lines; `logLevel: 'silent'` turns it off. Name lookups share Node's thread pool: where many
 * sessions run, start Node with `UV_THREADPOOL_SIZE=16`.
 *
 * @throws ConfigError naming every unknown or bad option
 */
export function createServer(options: ServerOptions = {}): MooringServer {
  return new LazyServer(parseOptions(options));
}

/** Loads the server when it is started: what it is made of takes a second to load. */
class LazyServer implements MooringServer {
  readonly #config: Config;
  #server: Promise<Server> | undefined;
  #started: Promise<string> | undefined;
  #closed: Promise<void> | undefined;

  constructor(config: Config) {
    this.#config = config;
  }

  start(): Promise<string> {
    if (this.#closed) {
      return Promise.reject(
        new StartError('expected a new server; this one is closed. Make another with createServer().'),
      );
    }
    if (this.#started) return this.#started;
    const server = import('./server.js').then(({ Server }) => new Server({ config: this.#config, host: thisHost() }));
    this.#server = server;
    this.#started = server.then((it) => it.start());
    return this.#started;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const server = await this.#server?.catch(() => undefined);
    await server?.close();
  }
}
