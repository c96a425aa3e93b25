import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Job } from '../../src/command/job.ts';
import { runJobs } from '../../src/command/pool.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'moldau-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Ends at seed 1, never comes back from seed 2, and answers all others. */
const entry = path.join(folder, 'worker.mjs');
writeFileSync(
  entry,
  `process.on('message', (job) => {
  if (job.seed === 1) process.exit(7);
  if (job.seed === 2) for (;;);
  process.send({ job, durationMs: 0, result: { seed: job.seed } });
});
process.on('disconnect', () => process.exit(0));
`,
);

function* jobs(end: number): Generator<Job> {
  for (let seed = 0; seed < end; seed++) yield { seed, only: undefined, planted: undefined };
}

test('a worker that ends or stands still fails its own seed, and the others go on', async () => {
  const outcomes = new Map<number, string>();
  await runJobs(entry, jobs(5), {
    workers: 2,
    jobMsMax: 10_000,
    onResult: ({ job, result }) => outcomes.set(job.seed, result.failure?.message ?? 'passed'),
  });
  expect([...outcomes].sort()).toEqual([
    [0, 'passed'],
    [1, 'seed 1 came to no verdict: its process ended with code 7'],
    [2, 'seed 2 came to no verdict: it did not end within 10 s of real time'],
    [3, 'passed'],
    [4, 'passed'],
  ]);
});

test('no job is begun once it is enough', async () => {
  const seeds: number[] = [];
  await runJobs(entry, jobs(1_000_000), {
    workers: 1,
    onResult: ({ job }) => seeds.push(job.seed),
    isDone: () => seeds.length >= 1,
  });
  expect(seeds).toEqual([0]);
});
