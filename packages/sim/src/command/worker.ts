/** One process of `npm run sim`: runs the seeds that its parent sends, one at a time. */
// biome-ignore lint/style/noRestrictedImports: the channel to the parent
import process from 'node:process';
import type { Job } from './job.ts';
import { runJob } from './run-job.ts';

export function serveJobs(): void {
  process.on('message', (job: Job) => {
    runJob(job).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        process.stderr.write(`seed ${job.seed}: ${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(2);
      },
    );
  });
  process.on('disconnect', () => process.exit(0));
}
