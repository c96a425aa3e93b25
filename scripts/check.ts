/**
 * Everything that can be said about the sources without running them. Steps run side by side; one line for each, and
 * the output of those that fail.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import process from 'node:process';

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
}

interface Step {
  readonly name: string;
  /** A JavaScript or TypeScript file of the checkout and its arguments, run by this Node. */
  readonly args: readonly string[];
}

export const root: string = path.dirname(import.meta.dirname);

/** The slowest first: on few cores the order decides when the last one ends. */
const STEPS: readonly Step[] = [
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-b'] },
  { name: 'dead code', args: ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'] },
  { name: 'promises', args: ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format and lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'imports and tidy', args: ['scripts/tidy.ts'] },
];

/** Runs every step to its end, also after one has failed: a failure should not hide the next. */
export async function runChecks(): Promise<CheckResult[]> {
  const waiting = [...STEPS];
  const results: CheckResult[] = [];
  const worker = async (): Promise<void> => {
    for (let step = waiting.shift(); step; step = waiting.shift()) results.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

async function runStep(step: Step): Promise<CheckResult> {
  const startedAt = performance.now();
  const [file = '', ...args] = step.args;
  const { passed, output } = await runNode([path.join(root, file), ...args]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${step.name.padEnd(18)} ${seconds} s\n`);
  if (!passed) process.stdout.write(`${output.trimEnd()}\n`);
  return { name: step.name, passed, output };
}

function runNode(args: readonly string[]): Promise<{ passed: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ passed: false, output: `${output}${error.message}` }));
    child.on('close', (code, signal) => {
      resolve({ passed: code === 0, output: signal ? `${output}ended by ${signal}` : output });
    });
  });
}

if (import.meta.main) {
  const results = await runChecks();
  process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
}
