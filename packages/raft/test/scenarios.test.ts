import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Scenario } from './harness/scenario.ts';

const FOLDER = new URL('./testdata/', import.meta.url);

/** `vitest -u` records what came; the difference is for the reviewer. */
for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.txt'))) {
  test(`scenario ${name.replace('.txt', '').replaceAll('-', ' ')}`, async () => {
    const path = new URL(name, FOLDER).pathname;
    await expect(new Scenario().run(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
  });
}
