// npm test [-- --forbid-skipped] [-- vitest's own arguments]: builds, runs every suite, and prints one closing line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { install } from './install.mjs';

install();
build();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const forbidSkipped = process.argv.includes('--forbid-skipped');
const rest = process.argv.slice(2).filter((argument) => argument !== '--forbid-skipped');
const folder = mkdtempSync(join(tmpdir(), 'mooring-test-'));
const results = join(folder, 'results.json');
try {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...rest];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
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
  rmSync(folder, { recursive: true, force: true });
}
