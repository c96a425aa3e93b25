/** One process of `npm run sim`: runs the seeds that its parent sends, one at a time. */
// biome-ignore lint/style/noRestrictedImports: the channel to the parent
import process from 'node:process';
import type { Job, JobResult } from './job.ts';
import { runJob } from './run-job.ts';

export function serveJobs(): void {
  process.on('message', (job: Job) => {
    const startedMs = performance.now();
    runJob(job).then(
      (result) => process.send?.({ job, result, durationMs: performance.now() - startedMs } satisfies JobResult),
      (error: unknown) => {
        process.stderr.write(`seed ${job.seed}: ${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(2);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
