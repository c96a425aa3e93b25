// biome-ignore lint/style/noRestrictedImports: the table is a file of the repository
import { writeFileSync } from 'node:fs';
// biome-ignore lint/style/noRestrictedImports: as above
import path from 'node:path';
import { present } from '@moldau/base';
import { addCoverage, type Coverage, emptyCoverage, shortfalls } from '../coverage.ts';
import { catches, PLANTED_CASES } from '../planted/table.ts';
import type { PartitionCounts } from '../run-seed.ts';
import type { PlantedBug } from '../world/nodes.ts';
import type { Command } from './arguments.ts';
import type { Job } from './job.ts';
import { runJobs } from './pool.ts';
import { addPartitions, commitHash, describeCoverage, describePartitions } from './report.ts';

const TABLE_PATH = path.join(import.meta.dirname, '../../../../docs/internals/simulation-table.md');

export interface PlantedVerdict {
  readonly bug: PlantedBug;
  readonly caught: boolean;
  /** The lowest seed that caught it by what should catch it. */
  readonly seed: number | undefined;
  readonly invariant: string;
  /** Seeds that were failed by something else before. */
  readonly others: readonly string[];
}

/** Runs seeds with the bug switched on until what should catch it does. */
export async function catchPlanted(
  entry: string,
  bug: PlantedBug,
  { seedStart, seedEnd, only }: Pick<Command, 'seedStart' | 'seedEnd' | 'only'>,
  say: (line: string) => void,
): Promise<PlantedVerdict> {
  const planted = present(
    PLANTED_CASES.find((each) => each.bug === bug),
    `the bug ${bug}`,
  );
  const failures = new Map<number, string>();
  const isCaught = (): boolean => [...failures.values()].some((check) => catches(planted, check));
  await runJobs(entry, jobsOf(bug, seedStart, seedEnd, only ?? planted.only), {
    onResult: ({ job, result }) => {
      if (result.failure !== undefined) failures.set(job.seed, result.failure.check);
    },
    isDone: isCaught,
  });
  const found = [...failures].sort(([left], [right]) => left - right);
  const [seed, invariant] = found.find(([, check]) => catches(planted, check)) ?? [undefined, ''];
  const others = found
    .filter(([other]) => seed === undefined || other < seed)
    .map(([other, check]) => `${other}: ${check}`);
  const verdict = { bug, caught: seed !== undefined, seed, invariant, others };
  say(describe(verdict));
  return verdict;
}

/** Every planted bug, one after the other. */
export async function writeTable(entry: string, command: Command, say: (line: string) => void): Promise<boolean> {
  const verdicts: PlantedVerdict[] = [];
  for (const { bug } of PLANTED_CASES) {
    if (command.planted === undefined || command.planted === bug)
      verdicts.push(await catchPlanted(entry, bug, command, say));
  }
  // A seed that fails without a bug proves nothing about one: all that the table may rest on are run without.
  const control = await runControl(entry, command);
  say(describeControl(control));
  // A page with one row would hide the others.
  if (command.planted === undefined) writeFileSync(TABLE_PATH, tablePage(verdicts, control));
  say(
    `${verdicts.filter(({ caught }) => caught).length} of ${verdicts.length} caught; see docs/internals/simulation-table.md`,
  );
  return verdicts.every(({ caught }) => caught) && control.failed.length === 0 && control.missing.length === 0;
}

/** The same seeds with all switches off. */
interface Control {
  readonly seedStart: number;
  readonly seedEnd: number;
  passed: number;
  /** Seeds that met too little to count. */
  thin: number;
  /** `seed: check` */
  readonly failed: string[];
  readonly coverage: Coverage;
  /** What they should have met together and did not. */
  missing: readonly string[];
  readonly partitions: PartitionCounts;
}

async function runControl(
  entry: string,
  { seedStart, seedEnd, only }: Pick<Command, 'seedStart' | 'seedEnd' | 'only'>,
): Promise<Control> {
  const control: Control = {
    seedStart,
    seedEnd,
    passed: 0,
    thin: 0,
    failed: [],
    coverage: emptyCoverage(),
    missing: [],
    partitions: { all: 0, exempt: 0, exemptOnce: 0 },
  };
  await runJobs(entry, jobsOf(undefined, seedStart, seedEnd, only), {
    onResult: ({ job, result }) => {
      addCoverage(control.coverage, result.coverage);
      addPartitions(control.partitions, result.partitions);
      if (result.failure !== undefined) control.failed.push(`${job.seed}: ${result.failure.check}`);
      else if (result.isThin) control.thin++;
      else control.passed++;
    },
  });
  if (only === undefined) control.missing = shortfalls(control.coverage, seedEnd - seedStart);
  return control;
}

function describeControl({ seedStart, seedEnd, passed, thin, failed, coverage, missing, partitions }: Control): string {
  const verdict = failed.length === 0 ? 'none failed' : `${failed.length} failed (${failed.join(', ')})`;
  const counted = `${passed} passed, ${thin} met too little to count, ${verdict}`;
  const short = missing.length === 0 ? '' : ` Too little: ${missing.join('; ')}.`;
  return `With all switches off, of the seeds ${seedStart} to ${seedEnd - 1} ${counted}.
Together they met: ${describeCoverage(coverage)}; ${describePartitions(partitions)}.${short}`;
}

function* jobsOf(
  planted: PlantedBug | undefined,
  seedStart: number,
  seedEnd: number,
  only: Command['only'],
): Generator<Job> {
  for (let seed = seedStart; seed < seedEnd; seed++) yield { seed, only, planted };
}

function describe({ bug, seed, invariant, others }: PlantedVerdict): string {
  const also = others.length > 0 ? ` (before that: ${others.join(', ')})` : '';
  return seed === undefined ? `${bug}: NOT caught${also}` : `${bug}: caught by ${invariant} at seed ${seed}${also}`;
}

function tablePage(verdicts: readonly PlantedVerdict[], control: Control): string {
  const rows = verdicts.map(({ bug, seed, invariant, others }) => {
    const { number, inverts, primary, alternative, only } = present(
      PLANTED_CASES.find((planted) => planted.bug === bug),
      `the bug ${bug}`,
    );
    const other = alternative === undefined ? '' : `${alternative.invariant}: ${alternative.because}`;
    const seen = seed === undefined ? '**not caught**' : invariant;
    const needed = only === undefined || seed === undefined ? (seed ?? '') : `${seed}, \`--only ${only.join(',')}\``;
    return `| ${number ?? ''} | \`${bug}\` | ${inverts} | ${primary} | ${other} | ${seen} | ${needed} | ${others.join(', ')} |`;
  });
  return `# Planted bugs and who sees them

Written by \`npm run sim -- --table\` at commit ${commitHash()}. Seeds from 1 on, at most 1,000, the same workload as every other
seed, and the same faults where none are named; one switch at a time. Where a bug may break another sentence first, that one counts too.

${describeControl(control)}

| no. | bug | what it inverts | should be seen by | or by | seen by | seeds needed | seeds failed by others before |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
