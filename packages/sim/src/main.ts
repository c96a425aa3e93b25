/** `npm run sim`: runs seeds of the simulation, all cores busy, and says how to see a failure again. */
import process from 'node:process';
import { type Command, parseCommand, UsageError } from './command/arguments.ts';
import type { Job } from './command/job.ts';
import { catchPlanted, writeTable } from './command/planted.ts';
import { runJobs } from './command/pool.ts';
import {
  addPartitions,
  describeCoverage,
  describeFailure,
  describePartitions,
  describeResult,
} from './command/report.ts';
import { runJob } from './command/run-job.ts';
import { serveJobs } from './command/worker.ts';
import { addCoverage, emptyCoverage, SEEDS_JUDGED, shortfalls } from './coverage.ts';
import type { PartitionCounts } from './run-seed.ts';

/** Always the same, so that a change that breaks one is seen by everybody. */
const CI_FIXED_SEEDS = SEEDS_JUDGED;
/** For the fixed ones and the fresh ones. However slow the machine, all fixed ones and one fresh one are run. */
const CI_MS = 40_000;
const FRESH_SEED_END = 2 ** 31;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function* seedsOf({ seedStart, seedEnd, minutes, only, planted, kind }: Command): Generator<Job> {
  const endMs = performance.now() + (kind === 'ci' ? CI_MS : minutes * 60_000);
  if (kind === 'ci') for (let seed = 1; seed <= CI_FIXED_SEEDS; seed++) yield { seed, only, planted };
  if (kind === 'ci' || kind === 'minutes') {
    let seed = Date.now() % FRESH_SEED_END;
    do yield { seed, only, planted };
    while (seed++ < FRESH_SEED_END && performance.now() < endMs);
    return;
  }
  for (let seed = seedStart; seed < seedEnd; seed++) yield { seed, only, planted };
}

async function runOne(job: Job, trace: boolean): Promise<boolean> {
  const done = await runJob(job);
  if (trace) for (const line of done.result.events) say(line);
  say(describeFailure(done) + describeResult(done));
  return done.result.failure === undefined;
}

async function runMany(command: Command): Promise<boolean> {
  const total = emptyCoverage();
  const partitions: PartitionCounts = { all: 0, exempt: 0, exemptOnce: 0 };
  let passed = 0;
  let failed = 0;
  let thin = 0;
  await runJobs(import.meta.filename, seedsOf(command), {
    onResult: (done) => {
      const { failure, coverage, isThin } = done.result;
      addCoverage(total, coverage);
      addPartitions(partitions, done.result.partitions);
      if (failure !== undefined) failed++;
      else if (isThin) thin++;
      else passed++;
      say(describeFailure(done) + describeResult(done));
    },
  });
  say(`seen: ${describeCoverage(total)}`);
  say(describePartitions(partitions));
  if (thin > 0) say(`${thin} seeds saw too little to count`);
  // Seeds of some kinds of faults only, or with a bug, see what they see.
  const missing = command.only || command.planted ? [] : shortfalls(total, passed + failed + thin);
  for (const each of missing) say(`FAILED coverage: ${each}`);
  failed += missing.length;
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0;
}

async function main(args: readonly string[]): Promise<boolean> {
  const command = parseCommand(args);
  const { only, planted, seedStart } = command;
  switch (command.kind) {
    case 'seed':
      return runOne({ seed: seedStart, only, planted }, command.trace);
    case 'planted':
      return planted !== undefined && (await catchPlanted(import.meta.filename, planted, command, say)).caught;
    case 'table':
      return writeTable(import.meta.filename, command, say);
    case 'seeds':
    case 'minutes':
    case 'ci':
      return runMany(command);
  }
}

if (process.argv[2] === '--worker') serveJobs();
else {
  try {
    process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
