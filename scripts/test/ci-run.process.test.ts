import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { root } from '../check.ts';
import { MadeUpTree } from './made-up-tree.ts';

const FAILURE = '0 passed, 1 failed';

/** A checkout whose `npm test` is this shell script. */
function checkout(npm: string, others: Readonly<Record<string, string>> = {}): MadeUpTree {
  const tree = new MadeUpTree({
    '.ci/run': readFileSync(path.join(root, '.ci/run'), 'utf8'),
    'bin/npm': `#!/bin/sh\n[ "$1" = test ] && [ "$CI" = true ] || exit 9\n${npm}\n`,
    ...others,
  });
  for (const file of ['.ci/run', 'bin/npm']) chmodSync(path.join(tree.root, file), 0o755);
  return tree;
}

interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs it from elsewhere, as a build machine may; `stop` signals it at each word, for those who signal twice. */
async function ciRun(tree: MadeUpTree, stop?: NodeJS.Signals): Promise<Outcome> {
  const { PATH = '' } = process.env;
  const child = spawn(path.join(tree.root, '.ci/run'), {
    env: { ...process.env, PATH: `${path.join(tree.root, 'bin')}:${PATH}` },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (stop !== undefined) child.kill(stop);
  });
  const [code] = await once(child, 'close');
  return { code, lines: output.trimEnd().split('\n') };
}

test('a run that says what it did has the last word', async () => {
  using good = checkout('echo one; echo "3 passed, 0 failed"');
  expect(await ciRun(good)).toEqual({ code: 0, lines: ['one', '3 passed, 0 failed'] });
  using bad = checkout('echo "3 passed, 2 failed"; exit 4');
  expect(await ciRun(bad)).toEqual({ code: 4, lines: ['3 passed, 2 failed'] });
});

test.each([
  ['throws before it has counted', 'echo "Error: why"; exit 1'],
  ['prints nothing', 'exit 1'],
  ['ends well without having counted', 'echo "all is well"'],
  ['goes on after its last line', 'echo "3 passed, 0 failed"; echo then'],
  ['fails after it has counted no failure', 'echo "3 passed, 0 failed"; exit 1'],
  ['counts a failure and ends well', 'echo "3 passed, 1 failed"'],
  ['is killed', 'kill -KILL $$'],
])('a run that %s is one failure', async (_what, npm) => {
  using tree = checkout(npm);
  const { code, lines } = await ciRun(tree);
  expect({ code, last: lines.at(-1) }).toEqual({ code: 1, last: FAILURE });
});

test('a run that is stopped stops what it started, and is one failure', async () => {
  using tree = checkout('trap "echo stopped; exit 1" TERM; echo up; while :; do sleep 0.1; done');
  expect(await ciRun(tree, 'SIGTERM')).toEqual({ code: 1, lines: ['up', 'stopped', FAILURE] });
});

test('an install that fails is one failure', async () => {
  const scripts = { 'scripts/bootstrap.mjs': readFileSync(path.join(root, 'scripts/bootstrap.mjs'), 'utf8') };
  using tree = checkout(`exec "${process.execPath}" scripts/bootstrap.mjs test`, {
    ...scripts,
    'package.json': '{ "type": "module" }',
    'pnpm-lock.yaml': 'one',
    'bin/pnpm': '#!/bin/sh\n[ "$1" = --version ] && echo 10.0.0 && exit 0\necho "connect ECONNREFUSED" >&2\nexit 1\n',
  });
  chmodSync(path.join(tree.root, 'bin/pnpm'), 0o755);
  expect(await ciRun(tree)).toEqual({ code: 1, lines: [FAILURE] });
});
