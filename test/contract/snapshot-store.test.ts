import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { FileSnapshotStore } from '../../src/snapshots/file-snapshot-store.js';
import { MemorySnapshotStore } from '../support/memory-snapshot-store.js';
import { describeSnapshotStore } from './snapshot-store.js';

const parent = mkdtempSync(join(tmpdir(), 'mooring-state-'));
afterAll(() => rmSync(parent, { recursive: true }));
const newFolder = (): string => mkdtempSync(join(parent, 'state-'));

describeSnapshotStore('memory', async (limits) => new MemorySnapshotStore(limits));
describeSnapshotStore('files', (limits) =>
  FileSnapshotStore.open({ ...limits, folder: newFolder(), keys: [], sync: false }),
);
describeSnapshotStore('files, sealed and on the disk', (limits) =>
  FileSnapshotStore.open({ ...limits, folder: newFolder(), keys: ['ab'.repeat(32)], sync: true }),
);
