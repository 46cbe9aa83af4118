import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ArtifactStore } from '../../../src/artifacts/artifact-store.js';

const file = (size: number, until?: AbortSignal, owner = 'one') => ({
  owner,
  name: 'a video.webm',
  type: 'video/webm',
  bytes: new Uint8Array(size),
  ...(until ? { until } : {}),
});
const tokenOf = (link: string | undefined): string => link?.split('/')[0] ?? '';

it('keeps a file under a name that nobody can guess, and deletes it with its session', async () => {
  const store = new ArtifactStore({ limitBytes: 100, limitPerOwnerBytes: 100, keepMs: 60_000 });
  const session = new AbortController();
  const link = await store.add(file(10, session.signal));
  expect(link).toMatch(/^[0-9a-f]{32}\/a_video\.webm$/);
  const kept = store.find(tokenOf(link));
  expect(kept).toMatchObject({ type: 'video/webm', size: 10 });
  expect(readFileSync(kept?.path ?? '')).toHaveLength(10);
  session.abort();
  expect(store.find(tokenOf(link))).toBeUndefined();
  await store.close();
  expect(existsSync(kept?.path ?? '')).toBe(false);
  expect(existsSync(dirname(kept?.path ?? ''))).toBe(false);
});

it('takes no file beyond its quota, also when two come at once, and takes one again when there is room', async () => {
  const store = new ArtifactStore({ limitBytes: 15, limitPerOwnerBytes: 100, keepMs: 60_000 });
  const session = new AbortController();
  const links = await Promise.all([store.add(file(10, session.signal)), store.add(file(10))]);
  expect(links.filter((link) => link !== undefined)).toHaveLength(1);
  session.abort();
  await expect.poll(() => store.bytes).toBe(0);
  expect(await store.add(file(15))).toBeDefined();
  await store.close();
});

it('deletes a file after its time', async () => {
  const store = new ArtifactStore({ limitBytes: 100, limitPerOwnerBytes: 100, keepMs: 20 });
  const token = tokenOf(await store.add(file(10)));
  await sleep(60);
  expect(store.find(token)).toBeUndefined();
  await store.close();
});

it('keeps nothing for a session that is over, or once it is closed', async () => {
  const store = new ArtifactStore({ limitBytes: 100, limitPerOwnerBytes: 100, keepMs: 60_000 });
  expect(await store.add(file(10, AbortSignal.abort()))).toBeUndefined();
  await store.close();
  expect(await store.add(file(10))).toBeUndefined();
});

it('one owner – takes its share and no more, and leaves the others theirs', async () => {
  const store = new ArtifactStore({ limitBytes: 20, limitPerOwnerBytes: 10, keepMs: 60_000 });
  const session = new AbortController();
  expect(await store.add(file(10, session.signal))).toBeDefined();
  expect(await store.add(file(1))).toBeUndefined();
  expect(await store.add(file(10, undefined, 'two'))).toBeDefined();
  session.abort();
  await expect.poll(() => store.bytes).toBe(10);
  expect(await store.add(file(10))).toBeDefined();
  await store.close();
});
