import { createServer } from 'node:net';
import { join } from 'node:path';
import type { SessionStore } from './app.js';
import { defaultDataDir } from './config/resolve-settings.js';
import type { Config } from './config/settings.js';
import { errorMessage } from './errors.js';
import type { Logger } from './logger.js';
import { FileSnapshotStore } from './snapshots/file-snapshot-store.js';
import { StartError } from './start-error.js';
import { DataFolderLock, DataFolderTakenError } from './util/data-folder-lock.js';
import { Disposables } from './util/disposables.js';

export interface SessionStoreOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Called if another server has taken the folder over, as it may after a standstill of this one. */
  readonly onLost: () => void;
  /** Aborts the wait for a server that may be dead. */
  readonly signal: AbortSignal;
}

/**
 * Takes the data folder for this server alone, and opens the sessions that are kept there.
 *
 * The default folder is the one of everybody who names none: a second server there, for a try, runs without kept sessions.
 * So does a second one of this process, which is made with the options of the first.
 *
 * @returns nothing where the default folder is another server's, or the folder is another one's of this process
 * @throws StartError where a folder that was named is another process's, or cannot be used
 */
export async function openSessionStore(
  { config, logger, onLost, signal }: SessionStoreOptions,
  resources: Disposables,
): Promise<SessionStore | undefined> {
  const { dataDir } = config;
  const opened = new Disposables();
  try {
    opened.use(await DataFolderLock.acquire(dataDir, { onLost }, signal), (it) => it.release());
    const keys = config.stateKey ?? [];
    const snapshots = await FileSnapshotStore.open({
      folder: join(dataDir, 'state'),
      keys,
      limitBytes: config.stateLimitBytes,
      limitPerOwnerBytes: config.stateLimitPerKeyBytes ?? config.stateLimitBytes / (config.apiKeys.length > 1 ? 2 : 1),
      sync: config.stateSync,
    });
    opened.defer(() => snapshots.close());
    resources.use(opened, (it) => it.dispose());
    return { snapshots, isSealed: keys.length > 0 };
  } catch (error) {
    await opened.dispose();
    if (signal.aborted) throw error;
    const isTaken = error instanceof DataFolderTakenError;
    if (isTaken && (error.isOwn || dataDir === defaultDataDir())) {
      logger.warn(
        { reason: error.message },
        'the data folder is in use: sessions with `persist` are refused (setting `dataDir`)',
      );
      return undefined;
    }
    // Whoever starts a server twice is told of the port first.
    if (isTaken && !(await isPortFree(config))) return undefined;
    throw new StartError(errorMessage(error), { setting: 'dataDir', cause: error });
  }
}

/** Whether the server could listen. Where it could not, that is the error to be told. */
async function isPortFree({ port, host }: Config): Promise<boolean> {
  const probe = createServer();
  try {
    return await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.listen(port, host, () => resolve(true));
    });
  } finally {
    probe.close();
  }
}
