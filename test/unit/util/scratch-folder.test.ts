import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ScratchFolder } from '../../../src/util/scratch-folder.js';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'mooring-scratch-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

it('open – sweeps what a dead owner left, and leaves what a living one has', () => {
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  mkdirSync(join(parent, 'left', 'profile'), { recursive: true });
  writeFileSync(join(parent, 'left', 'owner.json'), JSON.stringify({ pid: dead, startedAt: '1' }));
  const mine = ScratchFolder.open(parent);
  const another = ScratchFolder.open(parent);
  expect(readdirSync(parent).sort()).toEqual(
    [mine.path, another.path].map((path) => path.slice(parent.length + 1)).sort(),
  );
  mine.remove();
  expect(existsSync(mine.path)).toBe(false);
});

it.runIf(process.platform === 'linux')('open – a process ID that came again is not the owner', () => {
  mkdirSync(join(parent, 'left'));
  writeFileSync(join(parent, 'left', 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
  ScratchFolder.open(parent);
  expect(existsSync(join(parent, 'left'))).toBe(false);
});

it('open – a file in the way, or a place where no folder can be made – the error of the system, at once', () => {
  writeFileSync(join(parent, 'file'), '');
  expect(() => ScratchFolder.open(join(parent, 'file'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  expect(() => ScratchFolder.open(join(parent, 'file', 'run'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  expect(existsSync(ScratchFolder.open(join(parent, 'a', 'b', 'c')).path)).toBe(true);
});

it.runIf(process.platform === 'linux')('open – below /proc – fails, and does not look for a parent for ever', () => {
  // Node's own recursive mkdir never returns there, so it is tried in a process that can be ended.
  const module = new URL('../../../dist/util/scratch-folder.js', import.meta.url).href;
  const code = `import(${JSON.stringify(module)}).then(({ ScratchFolder }) => ScratchFolder.open('/proc/mooring/run'))`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { timeout: 8000, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toContain('ENOENT');
});
