import { join } from 'node:path';
import { App, ownerShareOf } from './app.js';
import type { Host } from './config/host.js';
import type { Config } from './config/settings.js';
import { browserEnvironment, type Environment } from './engine/browser-environment.js';
import type { BrowserPoolObserver } from './engine/browser-pool.js';
import type { BrowserEngine } from './engine/engine.js';
import { type ChosenChromium, chooseChromium, NoChromiumError } from './engine/executables/chromium.js';
import { type FirefoxBinary, findFirefox } from './engine/executables/firefox.js';
import { findWebKit, type WebKitBinary } from './engine/executables/webkit.js';
import { chromiumProfile } from './engine/playwright/browsers/chromium.js';
import { firefoxProfile } from './engine/playwright/browsers/firefox.js';
import { webkitProfile } from './engine/playwright/browsers/webkit.js';
import { PlaywrightEngine } from './engine/playwright/playwright-engine.js';
import { errorMessage, MooringError } from './errors.js';
import { createLogger, type Logger } from './logger.js';
import { openSessionStore } from './session-store.js';
import { StartError } from './start-error.js';
import { Disposables } from './util/disposables.js';
import { isLoopback } from './util/loopback.js';
import { ScratchFolder } from './util/scratch-folder.js';
import { systemProblem } from './util/system-problem.js';
import { packageVersion } from './version.js';

export interface ServerParts {
  readonly config: Config;
  readonly host: Host;
  /** Called when the server has closed because another one took over its data folder. */
  readonly onFolderLost?: () => void;
}

/**
 * A server with the browsers of this machine: what `mooring serve` runs and `createServer` gives. It installs no handlers
 * of signals or exceptions; that is for the program around it.
 *
 * `new → starting → listening → closed`; a start that fails ends at `closed`, too.
 */
export class Server {
  readonly logger: Logger;
  readonly #options: ServerParts;
  readonly #resources = new Disposables();
  #app: App | undefined;
  #chromium: ChosenChromium | undefined;
  #scratch: ScratchFolder | undefined;
  #started: Promise<string> | undefined;
  #closed: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: ServerParts) {
    this.#options = options;
    this.logger = createLogger(options.config.logLevel);
  }

  /**
   * Finds the browsers, launches one and listens. Idempotent: repeated calls return the same promise.
   *
   * @returns the address, `http://127.0.0.1:8191`
   * @throws StartError when a setting or the machine is the reason, or when it is closed before it listens; all that it had
   * opened is closed by then
   */
  start(): Promise<string> {
    if (this.#closed) return Promise.reject(new StartError('expected a new server; this one is closed.'));
    if (this.#started) return this.#started;
    this.#started = this.#start();
    return this.#started;
  }

  /**
   * Lets running commands finish for as long as the setting allows, then closes everything. During `start()`, that start
   * fails. Idempotent: repeated calls return the same promise.
   */
  close(): Promise<void> {
    this.#closing.abort();
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The Chromium that it runs; known once it is started. */
  get chromium(): ChosenChromium | undefined {
    return this.#chromium;
  }

  /** Ends browser processes that no longer answer. */
  async endHungBrowsers(): Promise<void> {
    await this.#app?.endHungBrowsers();
  }

  /** Removes the scratch folder. Synchronous: for a process that exits without `close()`. */
  removeScratchFolder(): void {
    this.#scratch?.remove();
  }

  async #start(): Promise<string> {
    try {
      return await this.#open();
    } catch (error) {
      await this.#resources.dispose();
      if (this.#closed) throw new StartError('expected a server that stays open; it was closed while it started.');
      throw explain(error, this.#chromium);
    }
  }

  async #open(): Promise<string> {
    const { config, host } = this.#options;
    const sandbox = mayUseSandbox(config, host);
    const scratch = this.#resources.use(openScratch(join(config.dataDir, 'run')), (it) => it.remove());
    this.#scratch = scratch;
    const store = await openSessionStore(
      {
        config,
        logger: this.logger,
        onLost: () => this.#onFolderLost(),
        signal: this.#closing.signal,
      },
      this.#resources,
    );
    const browsers = await findBrowsers(config, host);
    this.#chromium = browsers.chromium;
    if (this.#closed) throw new Error('closed');
    // What browsers keep for themselves goes where it has an owner and a sweep.
    const env = browserEnvironment({ ...host.env, TMPDIR: scratch.path });
    if (!sandbox) {
      this.logger.warn('Chromium runs without its sandbox (setting `sandbox`): run as an ordinary user to have it');
    }
    this.#app = new App({
      config,
      logger: this.logger,
      version: packageVersion(),
      scratchDir: scratch.path,
      ...(store ? { store } : {}),
      engines: (observer) => makeEngines({ browsers, config, env, scratchDir: scratch.path, sandbox, observer }),
    });
    return this.#app.start();
  }

  /** Another server has the folder, and the sessions in it: this one must not write there any more. */
  #onFolderLost(): void {
    this.logger.error('another server has taken over the data folder: this one ends');
    void this.close().finally(() => this.#options.onFolderLost?.());
  }

  async #close(): Promise<void> {
    try {
      await this.#app?.close();
    } finally {
      // A start that is under way finds that it was closed, and closes what it opened meanwhile.
      await this.#started?.catch(() => {});
      await this.#resources.dispose();
    }
  }
}

interface Browsers {
  readonly chromium: ChosenChromium;
  readonly firefox: FirefoxBinary | undefined;
  readonly webkit: WebKitBinary | undefined;
}

/** @throws NoChromiumError, StartError */
async function findBrowsers(config: Config, { env }: Host): Promise<Browsers> {
  const chromium = await chooseChromium({
    named: config.chromium,
    flavour: config.chromiumFlavour,
    cacheDir: config.cacheDir,
    env,
  });
  const webkit = await findWebKit(env);
  const firefox = await findFirefox({ named: config.firefox, env });
  if (config.firefox !== undefined && !firefox) {
    throw new StartError(`expected a Firefox that can be run; ${config.firefox} cannot.`, { setting: 'firefox' });
  }
  return { chromium, firefox, webkit };
}

interface EngineParts {
  readonly browsers: Browsers;
  readonly config: Config;
  /** The environment of the browsers. */
  readonly env: Environment;
  /** Where profiles and downloads go. */
  readonly scratchDir: string;
  readonly sandbox: boolean;
  readonly observer: BrowserPoolObserver;
}

/** One engine for each browser that was found, the default first. */
function makeEngines({ browsers, config, env, scratchDir, sandbox, observer }: EngineParts): BrowserEngine[] {
  const { chromium, firefox, webkit } = browsers;
  const shared = { contextsPerBrowser: config.sessionsPerBrowser, observer };
  const limits = {
    maxProcesses: config.maxBrowsers,
    ownerShare: ownerShareOf(config),
    pageMemoryBytes: config.pageMemoryBytes,
  };
  return [
    new PlaywrightEngine({
      profile: chromiumProfile({ binary: chromium, env, scratchDir, sandbox }),
      ...shared,
      ...limits,
    }),
    ...(firefox
      ? [
          new PlaywrightEngine({
            profile: firefoxProfile({ binary: firefox, env, scratchDir }),
            ...shared,
            ...limits,
          }),
        ]
      : []),
    ...(webkit
      ? [new PlaywrightEngine({ profile: webkitProfile({ binary: webkit, env, scratchDir }), ...shared })]
      : []),
  ];
}

/** @throws StartError */
function openScratch(path: string): ScratchFolder {
  try {
    return ScratchFolder.open(path);
  } catch (error) {
    const problem = systemProblem(error);
    if (problem === undefined) throw error;
    throw new StartError(`expected a folder that can be made and written, for ${path}; ${problem}.`, {
      setting: 'dataDir',
      cause: error,
    });
  }
}

/**
 * Whether Chromium is to have its sandbox. As root it refuses it: then it is off where the operator says so, or where
 * nobody else reaches the server.
 *
 * @throws StartError
 */
function mayUseSandbox({ sandbox, host }: Config, { isRoot }: Host): boolean {
  if (sandbox === 'off' || !isRoot) return sandbox !== 'off';
  if (sandbox === 'auto' && isLoopback(host)) return false;
  throw new StartError(
    'expected an ordinary user, for Chromium has no sandbox as root; the server runs as root. Run it as another user, or set it to `off`.',
    { setting: 'sandbox' },
  );
}

/** Why the server cannot start, where the browser is the reason: what it said first, if it said something. */
function explain(error: unknown, chromium: ChosenChromium | undefined): unknown {
  if (error instanceof NoChromiumError) return new StartError(error.message, { cause: error });
  if (!chromium || !(error instanceof MooringError) || error.code !== 'BROWSER_FAILED') return error;
  const said = /\[err\]\s*(.+)/.exec(errorMessage(error.cause))?.[1]?.slice(0, 300);
  return new StartError(
    `expected a Chromium that starts; ${chromium.executablePath} did not${said === undefined ? '' : `: ${said}`}`,
    { cause: error, ...(chromium.source === 'named' ? { setting: 'chromium' } : {}) },
  );
}
