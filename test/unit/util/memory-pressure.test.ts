import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLeft } from '../../../src/util/memory-pressure.js';

const MiB = 1024 ** 2;
let folder: string;
let files: { proc: string; cgroup: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'));
  files = { proc: join(folder, 'proc'), cgroup: join(folder, 'cgroup') };
  mkdirSync(join(files.proc, 'pressure'), { recursive: true });
  mkdirSync(join(files.cgroup, 'memory'), { recursive: true });
  writeFileSync(join(files.proc, 'meminfo'), 'MemTotal:       8192000 kB\nMemFree: 1 kB\nMemAvailable:   4096000 kB\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const group = (name: string, text: string): void => writeFileSync(join(files.cgroup, name), text);
const machine = { limitBytes: 8_192_000 * 1024, leftBytes: 4_096_000 * 1024 };

describe('memoryLeft', () => {
  it('no control group, or one without a limit – is that of the machine', () => {
    expect(memoryLeft(files)).toEqual({ ...machine, stalledPart: 0 });
    group('memory.max', 'max\n');
    group('memory.current', '1\n');
    expect(memoryLeft(files)).toEqual({ ...machine, stalledPart: 0 });
  });

  it('a control group with less, v2 – counts; what files keep in memory is given back when it is needed', () => {
    group('memory.max', `${512 * MiB}\n`);
    group('memory.current', `${500 * MiB}\n`);
    group('memory.stat', `anon 1\ninactive_file ${100 * MiB}\nactive_file 5\n`);
    expect(memoryLeft(files)).toEqual({ limitBytes: 512 * MiB, leftBytes: 112 * MiB, stalledPart: 0 });
  });

  it('v1 – is read where there is no v2; its number for no limit is beyond any memory', () => {
    group('memory/memory.limit_in_bytes', `${256 * MiB}\n`);
    group('memory/memory.usage_in_bytes', `${200 * MiB}\n`);
    group('memory/memory.stat', `inactive_file 7\ntotal_inactive_file ${10 * MiB}\n`);
    expect(memoryLeft(files).leftBytes).toBe(66 * MiB);
    group('memory/memory.limit_in_bytes', `${totalmem() * 4}\n`);
    expect(memoryLeft(files)).toMatchObject(machine);
  });

  it('waiting for memory – is that of the group, else that of the machine', () => {
    writeFileSync(join(files.proc, 'pressure', 'memory'), 'some avg10=12.50 avg60=0.00\nfull avg10=1.00 avg60=0.00\n');
    expect(memoryLeft(files).stalledPart).toBe(0.125);
    group('memory.pressure', 'some avg10=50.00 avg60=0.00 total=1\n');
    expect(memoryLeft(files).stalledPart).toBe(0.5);
  });

  it('a system that tells nothing – is what Node knows', () => {
    rmSync(files.proc, { recursive: true });
    expect(memoryLeft(files)).toMatchObject({ limitBytes: totalmem(), stalledPart: 0 });
  });
});
