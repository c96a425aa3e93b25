// biome-ignore lint/style/noRestrictedImports: seeds run in processes of their own, one for each core
import { type ChildProcess, fork } from 'node:child_process';
// biome-ignore lint/style/noRestrictedImports: as above
import { availableParallelism } from 'node:os';
// biome-ignore lint/style/noRestrictedImports: a seed that stands still is ended by the real clock
import { clearTimeout, setTimeout } from 'node:timers';
import { brokenResult, type Job, type JobResult } from './job.ts';

/** Seeds take a second; a hundred times that on a busy machine is no progress but a loop that never ends. */
const JOB_MS_MAX = 180_000;

export interface PoolOptions {
  readonly onResult: (result: JobResult) => void;
  readonly isDone?: () => boolean;
  /** Default: one for each core. */
  readonly workers?: number;
  /** Real time that one job may take. */
  readonly jobMsMax?: number;
}

/**
 * Runs jobs, as many at a time as there are cores, until there are none or `isDone` says that it is enough. A job whose
 * process ends or does not come to its end is told as failed, and the next one gets a new process.
 */
export function runJobs(entry: string, jobs: Iterator<Job>, options: PoolOptions): Promise<void> {
  const count = options.workers ?? availableParallelism();
  const isDone = options.isDone ?? (() => false);
  const take = (): Job | undefined => {
    const next = isDone() ? undefined : jobs.next();
    return next === undefined || next.done ? undefined : next.value;
  };
  const lines = Array.from({ length: count }, () => runLine(entry, take, options));
  return Promise.all(lines).then(() => undefined);
}

/** One job after the other, in one process as long as that lives. */
async function runLine(entry: string, take: () => Job | undefined, options: PoolOptions): Promise<void> {
  let worker: ChildProcess | undefined;
  for (let job = take(); job !== undefined; job = take()) {
    worker ??= fork(entry, ['--worker']);
    const result = await runIn(worker, job, options.jobMsMax ?? JOB_MS_MAX);
    if (!worker.connected) worker = undefined;
    options.onResult(result);
  }
  worker?.disconnect();
}

/** Resolves with the job's result, or with why there is none; the worker is then gone. */
function runIn(worker: ChildProcess, job: Job, jobMsMax: number): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      worker.removeAllListeners();
      act();
    };
    const broken = (why: string): void =>
      settle(() => {
        worker.kill('SIGKILL');
        if (worker.connected) worker.disconnect();
        resolve(brokenResult(job, why));
      });
    const timer = setTimeout(() => broken(`it did not end within ${jobMsMax / 1000} s of real time`), jobMsMax);
    worker.on('message', (result: JobResult) => settle(() => resolve(result)));
    worker.on('error', (error) => settle(() => reject(error)));
    worker.on('exit', (code, signal) => broken(`its process ended with ${signal ?? `code ${code}`}`));
    worker.send(job);
  });
}
