import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'release.mjs');
const changelog = '# Changelog\n\n## Unreleased\n\n### Added\n\n- By hand.\n';
const today = new Date().toISOString().slice(0, 10);

let folder: string;
const run = (program: string, ...args: string[]) =>
  spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
  });
const git = (...args: string[]): string => run('git', ...args).stdout;
const release = (...args: string[]) => run(process.execPath, script, ...args);
const commit = (message: string): void => void git('commit', '--quiet', '--allow-empty', '-m', message);
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-release-'));
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Tester');
  git('config', 'user.email', 'tester@example.com');
  const manifest = { name: 'x', version: '0.1.0', scripts: { check: 'node -e 0' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const lock = { name: 'x', version: '0.1.0', lockfileVersion: 3, packages: { '': { name: 'x', version: '0.1.0' } } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock, null, 2));
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  git('add', '.');
  commit('feat: all of it');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('npm run release', { timeout: 60_000 }, () => {
  it('without --write – prints version and changelog, and writes nothing', () => {
    const { status, stdout } = release();
    expect(status).toBe(0);
    expect(stdout).toContain(`no release → v0.1.0\n\n## 0.1.0 – ${today}\n\n### Added\n\n- By hand.\n`);
    expect([read('CHANGELOG.md'), git('tag'), git('status', '--porcelain')]).toEqual([changelog, '', '']);
  });

  it('--write – commits and tags; the next one has what the commits since then say', () => {
    expect(release('--write').status).toBe(0);
    expect([git('log', '-1', '--format=%s'), git('tag')]).toEqual(['chore(release): v0.1.0\n', 'v0.1.0\n']);
    commit('docs: not for users');
    commit('feat(cli): a flag\n\nBecause.');
    commit('fix: a fault');
    expect(release('--write').status).toBe(0);
    expect(read('CHANGELOG.md')).toBe(
      `# Changelog\n\n## Unreleased\n\n## 0.2.0 – ${today}\n\n### Added\n\n- Cli: a flag.\n\n### Fixed\n\n- A fault.\n\n` +
        `## 0.1.0 – ${today}\n\n### Added\n\n- By hand.\n`,
    );
    expect(JSON.parse(read('package.json'))).toMatchObject({ version: '0.2.0' });
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({ version: '0.2.0' });
    expect(git('status', '--porcelain')).toBe('');
  });

  it.each([
    [['fix: a fault'], 'v0.1.1'],
    [['feat: more', 'fix: a fault'], 'v0.2.0'],
    [['fix!: a fault'], 'v0.2.0'],
    [['fix: a fault\n\nBREAKING CHANGE: a field is gone'], 'v0.2.0'],
  ])('%j – is %s after v0.1.0', (messages, version) => {
    git('tag', 'v0.1.0');
    for (const message of messages) commit(message);
    expect(release().stdout).toContain(`v0.1.0 → ${version}\n`);
  });

  it('a change that breaks – is a major version after 1.0.0, and stands first', () => {
    git('tag', 'v1.2.3');
    commit('feat: more');
    commit('fix: a fault\n\nBREAKING CHANGE: a field is gone\nfor good');
    expect(release().stdout).toContain(
      `v1.2.3 → v2.0.0\n\n## 2.0.0 – ${today}\n\n### Breaking\n\n- A field is gone for good.\n\n### Added\n\n- By hand.\n- More.\n`,
    );
  });

  it('nothing that users see, a dirty tree, a version that is none or taken – are refused', () => {
    git('tag', 'v0.1.0');
    expect(release().stderr).toContain('expected a commit since v0.1.0 that users see');
    expect(release('next').stderr).toBe('expected a version such as 1.2.3; got next.\n');
    expect(release('0.1.0').stderr).toBe('expected a new version; v0.1.0 is a tag already.\n');
    writeFileSync(join(folder, 'left'), '');
    const { status, stderr } = release('0.1.1', '--write');
    expect([status, stderr]).toEqual([1, 'expected a clean working tree; commit or stash what is there.\n']);
    expect(git('tag')).toBe('v0.1.0\n');
  });
});
