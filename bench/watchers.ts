import { RawWatcher } from '../test/support/watching.js';

/** What the watchers are asked to do, in a process of its own as browsers are. */
export interface WatchOrder {
  /** Links of `sessions.view`. */
  readonly links: readonly string[];
  /** The window of each, and the pictures that it takes in a second. */
  readonly width: number;
  readonly height: number;
  readonly rate: number;
}

const watchers: RawWatcher[] = [];

async function watch({ links, ...window }: WatchOrder): Promise<void> {
  for (const link of links) {
    const watcher = await RawWatcher.open(link);
    watchers.push(watcher);
    watcher.socket.on('message', (_data, isBinary) => {
      if (isBinary) watcher.send({ type: 'taken' });
    });
    watcher.send({ type: 'window', ...window });
  }
}

/** A number is a question: how many pictures came since the last one? */
process.on('message', async (order: WatchOrder | number) => {
  if (typeof order !== 'number') await watch(order);
  let count = 0;
  for (const { pictures } of watchers) count += pictures.splice(0).length;
  process.send?.(count);
});
process.once('disconnect', () => process.exit(0));
