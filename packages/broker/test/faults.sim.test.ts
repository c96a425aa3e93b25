import { expect, test } from 'vitest';
import { faultRun } from './support/fault-run.ts';

test('nothing acknowledged is lost, and all replicas end up the same, under faults', async () => {
  for (let seed = 1; seed <= 30; seed++)
    expect(`seed ${seed}: ${await faultRun(`${seed}`)}`).toBe(`seed ${seed}: undefined`);
});
