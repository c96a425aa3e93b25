/**
 * `npm test`: the checks, then the tests, and on a build machine (CI=true) seeds of the simulation, some always the same and
 * some fresh. Arguments go to Vitest (`npm test -- --project unit packages/raft`). The last line is `N passed, N failed`:
 * tests as Vitest's own report counts them, and one for each check and each seed. Before it, each failure once more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { type CheckResult, root, runChecks } from './check.ts';
import { countClosingLine, countPart, countTests, type Tally } from './tally.ts';

/** A stop ends the part that runs and begins no other, so that nothing is left running and the counts still close. */
let stopped = false;
let running: ChildProcess | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopped = true;
    running?.kill(signal);
  });
}

const parts: Tally[] = [await countPart('the checks', async () => countChecks(await runChecks()))];
if (!stopped) parts.push(await countPart('the tests', () => runTests(process.argv.slice(2))));
const { CI } = process.env;
const wantsSeeds = CI === 'true' && process.argv.length === 2;
if (!stopped && wantsSeeds) parts.push(await countPart('the simulation', runSeeds));
if (stopped) parts.push({ passed: 0, failed: 1, failures: ['the run was stopped'] });
const passed = parts.reduce((sum, part) => sum + part.passed, 0);
const failed = parts.reduce((sum, part) => sum + part.failed, 0);
for (const failure of parts.flatMap((part) => part.failures)) process.stdout.write(`FAILED ${failure}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

function countChecks(results: readonly CheckResult[]): Tally {
  const bad = results.filter((check) => !check.passed);
  return {
    passed: results.length - bad.length,
    failed: bad.length,
    failures: bad.map(({ name, output }) => `check ${name}: ${output.trimEnd().split('\n').at(-1)}`),
  };
}

function runSeeds(): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const sim = path.join(root, 'packages/sim/src/main.ts');
    const child = spawn(process.execPath, [sim, '--ci'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    running = child;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      process.stdout.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(countClosingLine(output, code ?? 1, 'the simulation')));
  });
}

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
    running = child;
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
