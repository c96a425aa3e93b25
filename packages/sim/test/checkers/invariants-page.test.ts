import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { INVARIANTS } from '../../src/checkers/index.ts';
import { PLANTED_CASES } from '../../src/planted/table.ts';

const PAGE = path.join(import.meta.dirname, '../../../../docs/internals/simulation.md');

test('the page lists every invariant with its sentence, and no other', () => {
  const rows = [...readFileSync(PAGE, 'utf8').matchAll(/^\| \d+ \| `(.+)\.ts` \| (.+?) \|/gm)];
  const listed = rows.map(([, name, sentence]) => `${name}: ${sentence}`);
  expect(listed).toEqual(INVARIANTS.map(({ name, sentence }) => `${name}: ${sentence}`));
});

test('what should see a planted bug is an invariant', () => {
  const names = INVARIANTS.map(({ name }) => name);
  for (const { primary, alternative } of PLANTED_CASES) {
    expect(names).toContain(primary);
    if (alternative !== undefined) expect(names).toContain(alternative.invariant);
  }
});
