// biome-ignore lint/style/noRestrictedImports: seeds run in processes of their own, one for each core
import { type ChildProcess, fork } from 'node:child_process';
// biome-ignore lint/style/noRestrictedImports: as above
import { availableParallelism } from 'node:os';
import type { Job, JobResult } from './job.ts';

/** Runs jobs, as many at a time as there are cores, until there are none or `done` says that it is enough. */
export function runJobs(
  entry: string,
  jobs: Iterator<Job>,
  options: { readonly onResult: (result: JobResult) => void; readonly isDone: () => boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const workers = new Set<ChildProcess>();
    const end = (worker: ChildProcess): void => {
      workers.delete(worker);
      worker.disconnect();
      if (workers.size === 0) resolve();
    };
    const next = (worker: ChildProcess): void => {
      const job = options.isDone() ? undefined : jobs.next();
      if (job === undefined || job.done) end(worker);
      else worker.send(job.value);
    };
    for (let count = 0; count < availableParallelism(); count++) {
      const worker = fork(entry, ['--worker']);
      workers.add(worker);
      worker.on('message', (result: JobResult) => {
        options.onResult(result);
        next(worker);
      });
      worker.on('error', reject);
      worker.on('exit', (code) => {
        if (workers.has(worker)) reject(new Error(`a worker ended with code ${code}`));
      });
      next(worker);
    }
  });
}
