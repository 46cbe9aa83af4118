import { thisHost } from '../config/host.js';
import type { Config } from '../config/settings.js';
import type { ChosenChromium } from '../engine/executables/chromium.js';
import { Server } from '../server.js';
import { packageVersion } from '../version.js';

/** Serves until a signal ends it. @throws StartError */
export async function serve(config: Config): Promise<void> {
  const server = new Server({ config, host: thisHost(), onFolderLost: () => process.exit(1) });
  process.once('exit', () => server.removeScratchFolder());
  const isEnding = endOnSignals(server);
  try {
    const address = await server.start();
    if (server.chromium) process.stdout.write(banner(address, server.chromium, config));
  } catch (error) {
    // A signal during the start makes it fail; the process ends as the signal asks.
    if (!isEnding()) throw error;
  }
}

/** Whether an exception came out of the browsers' driver. */
const isDriverFault = (error: Error): boolean => /[\\/]playwright-core[\\/]/.test(error.stack ?? '');

/** The first signal drains; a second one ends at once. @returns whether there was one */
function endOnSignals(server: Server): () => boolean {
  const { logger } = server;
  let asked = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(1);
    asked = true;
    logger.info({ signal }, 'shutting down: running commands may finish; the same signal again ends at once');
    server.close().then(
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
    if (isDriverFault(error)) void server.endHungBrowsers();
  });
  return () => asked;
}

function banner(address: string, binary: ChosenChromium, config: Config): string {
  const flavour = binary.flavour === 'shell' ? 'headless shell' : 'full browser';
  // Never one of the keys themselves: this ends up in logs.
  const key = config.apiKeys.length > 0 ? '?key=YOUR_KEY' : '';
  return `Mooring ${packageVersion()} listens on ${address}
  reference  ${address}/docs
  browser    Chromium ${binary.version}, ${flavour}, ${binary.executablePath}
             ${binary.reason}
  try        curl -s "${address}/api/v1${key}" -d '{"cmd":"sessions.create","session":"first"}'
`;
}
