#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, StartError } from './app.js';
import { type Config, ConfigError, loadConfig } from './config.js';
import { ChromiumEngine } from './engine/playwright/chromium.js';
import { type ChosenChromium, chooseChromium, NoChromiumError } from './engine/playwright/find-chromium.js';
import { findFirefox } from './engine/playwright/find-firefox.js';
import { findWebKit } from './engine/playwright/find-webkit.js';
import { createFirefoxEngine } from './engine/playwright/firefox.js';
import { createWebKitEngine } from './engine/playwright/webkit.js';
import { errorMessage, MooringError } from './errors.js';
import { createLogger, type Logger } from './logger.js';
import { ScratchFolder } from './util/scratch-folder.js';
import { systemProblem } from './util/system-problem.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
}; // our own

try {
  await run(loadConfig());
} catch (error) {
  if (![ConfigError, NoChromiumError, StartError].some((kind) => error instanceof kind)) console.error(error);
  else console.error(`Mooring cannot start:\n${errorMessage(error)}`);
  process.exit(1);
}

async function run(config: Config): Promise<void> {
  const logger = createLogger(config.logLevel);
  const scratch = openScratch(join(config.dataDir, 'run'));
  process.once('exit', () => scratch.remove());
  const env = { ...process.env };
  // What the driver keeps for its browsers (profiles, downloads) goes where it has an owner and a sweep.
  process.env.TMPDIR = scratch.path;

  const binary = await chooseChromium({
    named: config.chromium,
    flavour: config.chromiumFlavour,
    cacheDir: config.cacheDir,
    env,
  });
  const webkit = await findWebKit(env);
  const firefox = await findFirefox({ named: config.firefox, env });
  if (config.firefox !== undefined && !firefox)
    throw new StartError(`MOORING_FIREFOX names ${config.firefox}, which cannot be run.`);
  const sandbox = process.getuid?.() !== 0;
  if (!sandbox) logger.warn('running as root, where Chromium refuses its sandbox: run as an ordinary user to have it');
  const app = new App({
    config,
    logger,
    version,
    engines: (observer) => [
      new ChromiumEngine({
        binary,
        env,
        sandbox,
        contextsPerBrowser: config.sessionsPerBrowser,
        maxBuckets: config.maxBrowsers,
        observer,
      }),
      ...(firefox
        ? [
            createFirefoxEngine({
              binary: firefox,
              env,
              contextsPerBrowser: config.sessionsPerBrowser,
              maxBuckets: config.maxBrowsers,
              observer,
            }),
          ]
        : []),
      ...(webkit
        ? [createWebKitEngine({ binary: webkit, env, contextsPerBrowser: config.sessionsPerBrowser, observer })]
        : []),
    ],
  });

  endOnSignals(app, logger);
  const address = await app.start().catch((error: unknown) => {
    throw launchError(error, binary);
  });
  process.stdout.write(banner(address, binary, config));
}

/** @throws StartError */
function openScratch(path: string): ScratchFolder {
  try {
    return ScratchFolder.open(path);
  } catch (error) {
    const problem = systemProblem(error);
    if (problem === undefined) throw error;
    throw new StartError(`MOORING_DATA_DIR: expected a folder that can be made and written, for ${path}; ${problem}.`);
  }
}

/** Why the server cannot start, where the browser is the reason: what it said first, if it said something. */
function launchError(error: unknown, { executablePath, source }: ChosenChromium): unknown {
  if (!(error instanceof MooringError) || error.code !== 'CODE-0026') return error;
  const said = /\[err\]\s*(.+)/.exec(errorMessage(error.cause))?.[1]?.slice(0, 300);
  const setting = source === 'MOORING_CHROMIUM' ? 'MOORING_CHROMIUM: ' : '';
  return new StartError(
    `${setting}expected a Chromium that starts; ${executablePath} did not${said === undefined ? '' : `: ${said}`}`,
  );
}

/** Whether an exception came out of the browsers' driver. */
const isDriverFault = (error: Error): boolean => /[\\/]playwright-core[\\/]/.test(error.stack ?? '');

/** The first signal drains; a second one ends at once. */
function endOnSignals(app: App, logger: Logger): void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(1);
    asked = true;
    logger.info({ signal }, 'shutting down: running commands may finish; the same signal again ends at once');
    app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'shutting down failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  // One command's stray failure is no reason to end everybody's sessions.
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => {
    if (!isDriverFault(error)) {
      logger.fatal({ err: error }, 'uncaught exception');
      process.exit(1);
    }
    // A page can make its browser say more than the driver can read. That browser is of no more use; the others are.
    logger.error({ err: error }, 'the driver failed on what a browser said; browsers that no longer answer are ended');
    void app.endHungBrowsers();
  });
}

function banner(address: string, binary: ChosenChromium, config: Config): string {
  const flavour = binary.flavour === 'shell' ? 'headless shell' : 'full browser';
  // Never one of the keys themselves: this ends up in logs.
  const key = config.apiKeys.length > 0 ? '?key=YOUR_KEY' : '';
  return `Mooring ${version} listens on ${address}
  reference  ${address}/docs
  browser    Chromium ${binary.version}, ${flavour}, ${binary.executablePath}
             ${binary.reason}
  try        curl -s "${address}/api/v1${key}" -d '{"cmd":"sessions.create","session":"first"}'
`;
}
