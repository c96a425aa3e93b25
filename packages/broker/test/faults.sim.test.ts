import { expect, test } from 'vitest';
import { faultRun } from './support/fault-run.ts';

test('nothing acknowledged or shown is lost, and all replicas end up the same, under faults', async () => {
  let shown = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const { wrong, fromFollowers } = await faultRun(`${seed}`);
    expect(`seed ${seed}: ${wrong}`).toBe(`seed ${seed}: undefined`);
    shown += fromFollowers;
  }
  expect(shown).toBeGreaterThan(1000);
});
