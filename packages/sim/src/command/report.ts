// biome-ignore lint/style/noRestrictedImports: asks git which commit this is
import { execFileSync } from 'node:child_process';
import type { Coverage } from '../coverage.ts';
import { describeOptions, drawOptions } from '../options.ts';
import type { PartitionCounts } from '../run-seed.ts';
import { type JobResult, replayCommand } from './job.ts';

/** Enough to see what led to it. */
const EVENTS_TOLD = 60;

/** With `-dirty` behind it when what runs is not what was committed. Pages are not run. */
export function commitHash(): string {
  try {
    const commit = git('rev-parse', '--short=12', 'HEAD');
    return git('status', '--porcelain', '--', ':/', ':(top,exclude)docs') === '' ? commit : `${commit}-dirty`;
  } catch {
    // Not a checkout: the sources were unpacked from an archive.
    return 'unknown';
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
}

/** One line for each seed. */
export function describeResult({ job, result, durationMs }: JobResult): string {
  const { failure, coverage, isThin, eventCount, virtualMs, traceHash, partitions } = result;
  const verdict = failure ? `FAILED ${failure.check}` : isThin ? 'passed, saw too little' : 'passed';
  const run = `${eventCount} events, ${(virtualMs / 1000).toFixed(1)} virtual s, ${(durationMs / 1000).toFixed(1)} s`;
  const exempt = partitions.exempt > 0 ? `, ${partitions.exempt} partitions exempt` : '';
  return `seed ${job.seed}: ${verdict} (${run}, trace ${traceHash.toString(16)}; ${describeCoverage(coverage)}${exempt})`;
}

export function describeCoverage(coverage: Coverage): string {
  return Object.entries(coverage)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

export function addPartitions(total: PartitionCounts, seed: PartitionCounts): void {
  for (const name of Object.keys(total) as (keyof PartitionCounts)[]) total[name] += seed[name];
}

/** How much of what was promised was asked of the cluster. */
export function describePartitions({ all, exempt, exemptOnce }: PartitionCounts): string {
  return `of ${all} partitions ${exempt} were exempt in the end, ${exemptOnce - exempt} for a while`;
}

/** All that is needed to see it again. */
export function describeFailure({ job, result }: JobResult): string {
  const { failure } = result;
  if (failure === undefined) return '';
  return [
    '',
    `last ${Math.min(EVENTS_TOLD, failure.lastEvents.length)} events:`,
    ...failure.lastEvents.slice(-EVENTS_TOLD),
    '',
    failure.stack,
    '',
    // One line that says it all: of a long run of tests only such lines are repeated at its end.
    `FAILED ${replayCommand(job)}: ${failure.check}: ${failure.message}`,
    `options: ${describeOptions(drawOptions(job.seed, job.only))}`,
    `commit:  ${commitHash()}`,
    `replay:  ${replayCommand(job)}`,
    '',
  ].join('\n');
}
