/**
 * `npm test`: the checks, then the tests. Arguments go to Vitest (`npm test -- --project unit packages/raft`). The
 * last line is `N passed, N failed`: tests as Vitest's own report counts them, and one for each check.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { root, runChecks } from './check.ts';
import { countTests, type Tally } from './tally.ts';

const checks = await runChecks();
const tests = await runTests(process.argv.slice(2));
const passed = checks.filter((check) => check.passed).length + tests.passed;
const failed = checks.filter((check) => !check.passed).length + tests.failed;
for (const problem of tests.problems) process.stdout.write(`FAILED ${problem}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

async function runTests(args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(path.join(tmpdir(), 'moldau-test-'));
  const report = path.join(folder, 'report.json');
  try {
    const exitCode = await runVitest(['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args]);
    return countTests(readReport(report), exitCode);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // No report, or half of one: Vitest did not get to its end. The tally says so.
    return undefined;
  }
}
