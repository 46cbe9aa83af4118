// npm test [-- --all] [-- --forbid-skipped] [-- vitest's own arguments]: builds, runs the suites, and prints one closing line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { install } from './install.mjs';

/** What `npm test` runs: all that a caller sees, on the chosen Chromium. `--all` runs every project. */
const usual = ['unit', 'api', 'chromium', 'clients'];
const ownFlags = ['--all', '--forbid-skipped'];

install();
build();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const given = process.argv.slice(2);
const rest = given.filter((argument) => !ownFlags.includes(argument));
const forbidSkipped = given.includes('--forbid-skipped');
const isUsual = !given.includes('--all') && rest.length === 0;
if (isUsual) {
  console.log(
    `Running ${usual.join(', ')}: about five minutes on two processors. \`npm test -- --all\` runs every engine, the program and the hostile suites too: about 25 minutes.`,
  );
}
const folder = mkdtempSync(join(tmpdir(), 'mooring-test-'));
const results = join(folder, 'results.json');
try {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const projects = isUsual ? usual.map((name) => `--project=${name}`) : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...projects, ...rest], {
    cwd: root,
    stdio: 'inherit',
  });
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(results, 'utf8'));
  const skippedToo = forbidSkipped && numPendingTests > 0;
  if (skippedToo) {
    console.error('Skipped, where nothing may be:');
    for (const { assertionResults } of testResults) {
      for (const { status: state, fullName } of assertionResults)
        if (state === 'skipped') console.error(`  ${fullName}`);
    }
  }
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  process.exitCode = status || (skippedToo ? 1 : 0);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
