// npm run release [-- X.Y.Z] [-- --write]: the next version and its changelog, from the commits since the last tag. Prints what
// it would do; --write does it, on this machine only. See docs/releasing.md.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { entriesOf, nextVersion, release } from './changelog.mjs';

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) fail(`git ${args[0]} failed: ${stderr.trim()}`);
  return stdout;
}

function parseCommandLine() {
  try {
    return parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true });
  } catch (error) {
    return fail(`expected \`npm run release [-- [version] [--write]]\`: ${error.message}`);
  }
}

const { values, positionals } = parseCommandLine();
const [named] = positionals;
if (named !== undefined && !/^\d+\.\d+\.\d+$/.test(named)) fail(`expected a version such as 1.2.3; got ${named}.`);

const packageJson = JSON.parse(readFileSync('package.json', 'utf8'));
const tags = git('tag', '--list', 'v*.*.*', '--merged', 'HEAD', '--sort=-version:refname').split('\n');
const last = tags[0] || undefined;
// Before the first release, what was written by hand describes all that there is.
const messages = last === undefined ? [] : git('log', '--no-merges', '--format=%B%x00', `${last}..HEAD`).split('\0');
const entries = entriesOf(messages);
if (last !== undefined && named === undefined && entries.length === 0) {
  fail(
    `expected a commit since ${last} that users see (feat, fix, perf); there is none. Name a version to release it anyway.`,
  );
}
const version = named ?? (last === undefined ? packageJson.version : nextVersion(last.slice(1), entries));
if (tags.includes(`v${version}`)) fail(`expected a new version; v${version} is a tag already.`);
const date = new Date().toISOString().slice(0, 10);
const { section, text } = release(readFileSync('CHANGELOG.md', 'utf8'), version, date, entries);

console.log(`${last ?? 'no release'} → v${version}\n\n${section}\n`);
if (!values.write) {
  console.log('Nothing was written. `npm run release -- --write` makes the commit and the tag.');
  process.exit();
}

if (git('status', '--porcelain') !== '') fail('expected a clean working tree; commit or stash what is there.');
const check = spawnSync('npm', ['run', 'check'], { stdio: 'inherit', shell: process.platform === 'win32' });
if (check.status !== 0) fail('npm run check failed: nothing was written.');
writeFileSync('CHANGELOG.md', text);
const writeJson = (path, content) => writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
writeJson('package.json', { ...packageJson, version });
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
lock.version = version;
lock.packages[''].version = version;
writeJson('package-lock.json', lock);
git('add', 'CHANGELOG.md', 'package.json', 'package-lock.json');
git('commit', '--quiet', '-m', `chore(release): v${version}`);
git('tag', '--annotate', `v${version}`, '-m', `v${version}`);
console.log(`v${version} is committed and tagged here. What is left:\n  git push --follow-tags\n  npm publish`);
