// biome-ignore lint/style/noRestrictedImports: how long a seed takes on this machine
import { performance } from 'node:perf_hooks';
// biome-ignore lint/style/noRestrictedImports: promises that nobody awaits are told by the process alone
import process from 'node:process';
// biome-ignore lint/style/noRestrictedImports: a real pass of the loop, in which they are told
import { setImmediate } from 'node:timers/promises';
import { drawOptions } from '../options.ts';
import { runSeed } from '../run-seed.ts';
import type { World } from '../world/world.ts';
import type { Job, JobResult } from './job.ts';

/** A promise was rejected and nobody listened: in production that ends a process. */
class UnhandledRejection extends Error {
  override readonly name = 'UnhandledRejection';
}

export async function runJob(job: Job): Promise<JobResult> {
  const { seed, only, planted } = job;
  const startedMs = performance.now();
  let world: World | undefined;
  const onRejection = (reason: unknown): void => {
    const text = reason instanceof Error ? reason.message : String(reason);
    world?.fail(new UnhandledRejection(text, { cause: reason }));
  };
  process.on('unhandledRejection', onRejection);
  try {
    const result = await runSeed(drawOptions(seed, only), {
      plantedBugs: new Set(planted === undefined ? [] : [planted]),
      onWorld: (created) => {
        world = created;
      },
      beforeVerdict: () => setImmediate(),
    });
    return { job, result, durationMs: performance.now() - startedMs };
  } finally {
    process.off('unhandledRejection', onRejection);
  }
}
