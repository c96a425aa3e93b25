import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { InvariantViolation } from '../../src/checkers/checker.ts';
import { INVARIANTS } from '../../src/checkers/index.ts';
import { GROUP_STORIES } from './group-stories.ts';
import { METADATA_STORIES } from './metadata-stories.ts';
import { PARTITION_STORIES } from './partition-stories.ts';
import { QUORUM_STORIES } from './quorum-stories.ts';
import { broker, ghostWith, image, logged, node, observation, partition, replica, type Story } from './states.ts';

const STORIES: Readonly<Record<string, readonly Story[]>> = {
  ...QUORUM_STORIES,
  ...METADATA_STORIES,
  ...PARTITION_STORIES,
  ...GROUP_STORIES,
};

const CHECKERS = path.join(import.meta.dirname, '../../src/checkers');
const CASES = INVARIANTS.flatMap((invariant) =>
  (STORIES[invariant.name] ?? []).map((story) => ({ ...invariant, ...story })),
);

test.each(CASES)('$name fires, and not before: $complaint', ({ name, create, complaint, steps }) => {
  const observations = steps();
  const look = create();
  for (const right of observations.slice(0, -1)) look(right);
  const wrong = observations.at(-1);
  let thrown: unknown;
  try {
    if (wrong !== undefined) look(wrong);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(InvariantViolation);
  expect(thrown).toMatchObject({ invariant: name, message: expect.stringMatching(complaint) });
});

test.each(INVARIANTS)('each check of $name has a story', ({ name }) => {
  const source = readFileSync(path.join(CHECKERS, `${name}.ts`), 'utf8');
  const checks = source.match(/\bcheck\(/g)?.length ?? 0;
  expect(checks).toBeGreaterThan(0);
  expect(STORIES[name]?.length ?? 0).toBeGreaterThanOrEqual(checks);
});

test('a healthy cluster breaks nothing', () => {
  const ghost = logged(logged(ghostWith(['a']), 1, [[5, 'a']]), 2, [[5, 'a']]);
  const offsets = { endOffset: 1, flushedEnd: 1, highWatermark: 1, epochs: [{ epoch: 5, startOffset: 0 }] };
  const looks = INVARIANTS.map(({ create }) => create());
  const state = observation({
    ghost,
    quorum: [node(11, { voters: [{ nodeId: 11, directoryId: 'd11' }], image: image(9, partition({ isr: [1, 2] })) })],
    brokers: [
      broker(1, [replica(1, { ...offsets, role: 'leader', isr: [1, 2], maximalIsr: [1, 2] })]),
      broker(2, [replica(2, { ...offsets, fetcherCount: 1 })]),
    ],
  });
  for (const look of [...looks, ...looks]) look(state);
});
