#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, ownerShareOf, StartError } from '../app.js';
import { type Config, ConfigError, isLoopback, loadConfig } from '../config/load-config.js';
import { browserEnvironment } from '../engine/browser-environment.js';
import { type ChosenChromium, chooseChromium, NoChromiumError } from '../engine/executables/chromium.js';
import { findFirefox } from '../engine/executables/firefox.js';
import { findWebKit } from '../engine/executables/webkit.js';
import { chromiumProfile } from '../engine/playwright/browsers/chromium.js';
import { firefoxProfile } from '../engine/playwright/browsers/firefox.js';
import { webkitProfile } from '../engine/playwright/browsers/webkit.js';
import { PlaywrightEngine } from '../engine/playwright/playwright-engine.js';
import { errorMessage, MooringError } from '../errors.js';
import { createLogger, type Logger } from '../logger.js';
import { ScratchFolder } from '../util/scratch-folder.js';
import { systemProblem } from '../util/system-problem.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
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
  // Profiles, downloads and files that replies link to: what a killed server leaves is found and removed by the next.
  const scratchDir = scratch.path;
  const env = browserEnvironment(process.env);

  const binary = await chooseChromium({
    named: config.chromium,
    flavour: config.chromiumFlavour,
    cacheDir: config.cacheDir,
    env: process.env,
  });
  const webkit = await findWebKit(process.env);
  const firefox = await findFirefox({ named: config.firefox, env: process.env });
  if (config.firefox !== undefined && !firefox)
    throw new StartError(`MOORING_FIREFOX names ${config.firefox}, which cannot be run.`);
  const sandbox = mayUseSandbox(config);
  if (!sandbox) logger.warn('Chromium runs without its sandbox (MOORING_SANDBOX): run as an ordinary user to have it');
  const app = new App({
    config,
    logger,
    version,
    scratchDir,
    engines: (observer) => [
      new PlaywrightEngine({
        profile: chromiumProfile({ binary, env, scratchDir, sandbox }),
        contextsPerBrowser: config.sessionsPerBrowser,
        maxProcesses: config.maxBrowsers,
        ownerShare: ownerShareOf(config),
        pageMemoryBytes: config.pageMemoryBytes,
        observer,
      }),
      ...(firefox
        ? [
            new PlaywrightEngine({
              profile: firefoxProfile({ binary: firefox, env, scratchDir }),
              contextsPerBrowser: config.sessionsPerBrowser,
              maxProcesses: config.maxBrowsers,
              ownerShare: ownerShareOf(config),
              pageMemoryBytes: config.pageMemoryBytes,
              observer,
            }),
          ]
        : []),
      ...(webkit
        ? [
            new PlaywrightEngine({
              profile: webkitProfile({ binary: webkit, env, scratchDir }),
              contextsPerBrowser: config.sessionsPerBrowser,
              observer,
            }),
          ]
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
  if (!(error instanceof MooringError) || error.code !== 'BROWSER_FAILED') return error;
  const said = /\[err\]\s*(.+)/.exec(errorMessage(error.cause))?.[1]?.slice(0, 300);
  const setting = source === 'MOORING_CHROMIUM' ? 'MOORING_CHROMIUM: ' : '';
  return new StartError(
    `${setting}expected a Chromium that starts; ${executablePath} did not${said === undefined ? '' : `: ${said}`}`,
  );
}

/**
 * Whether Chromium is to have its sandbox. As root it refuses it: then it is off where the operator says so, or where
 * nobody else reaches the server.
 *
 * @throws StartError
 */
function mayUseSandbox({ sandbox, host }: Config): boolean {
  const isRoot = process.getuid?.() === 0;
  if (sandbox === 'off' || !isRoot) return sandbox !== 'off';
  if (sandbox === 'auto' && isLoopback(host)) return false;
  throw new StartError(
    'MOORING_SANDBOX: expected an ordinary user, for Chromium has no sandbox as root; the server runs as root. Run it as another user, or set MOORING_SANDBOX=off.',
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
  // What was forgotten in one callback is no reason to end everybody's sessions.
  process.on('unhandledRejection', (error) =>
    logger.error({ err: error }, 'unforeseen: a rejection; the server goes on'),
  );
  process.on('uncaughtException', (error) => {
    logger.error({ err: error }, 'unforeseen: an exception; the server goes on');
    // A page can make its browser say more than the driver can read. That browser is of no more use; the others are.
    if (isDriverFault(error)) void app.endHungBrowsers();
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
