import { emptyCoverage } from '../coverage.ts';
import type { FaultKind } from '../options.ts';
import type { SeedResult } from '../run-seed.ts';
import type { PlantedBug } from '../world/nodes.ts';

/** One seed to run, with all that makes it what it is. */
export interface Job {
  readonly seed: number;
  readonly only: readonly FaultKind[] | undefined;
  readonly planted: PlantedBug | undefined;
}

export interface JobResult {
  readonly job: Job;
  readonly result: SeedResult;
  readonly durationMs: number;
}

/** The one command that does it again. */
export function replayCommand({ seed, only, planted }: Job): string {
  const restricted = only === undefined ? '' : ` --only ${only.join(',')}`;
  const bug = planted === undefined ? '' : ` --planted ${planted}`;
  return `npm run sim -- --seed ${seed}${restricted}${bug}`;
}

/** Of a seed that came to no verdict: what it saw is lost with its process. */
export function brokenResult(job: Job, why: string): JobResult {
  const message = `seed ${job.seed} came to no verdict: ${why}`;
  return {
    job,
    durationMs: 0,
    result: {
      seed: job.seed,
      failure: { check: 'no-verdict', message, stack: message, lastEvents: [] },
      coverage: emptyCoverage(),
      isThin: true,
      traceHash: 0,
      eventCount: 0,
      virtualMs: 0,
      partitions: { all: 0, exempt: 0, exemptOnce: 0 },
      events: [],
    },
  };
}
