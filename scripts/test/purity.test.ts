import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { root } from '../check.ts';
import { LAYERS } from '../layers.ts';
import { MadeUpTree } from './made-up-tree.ts';

/** A line for each thing of the machine that a pure package must not be able to name. */
const PROBE = `export const a: unknown = Buffer;
export const b: unknown = process;
export const c: unknown = setTimeout;
export const d: unknown = performance;
export const e: unknown = fetch;
export const f: unknown = AbortSignal;
export const g: unknown = require;
export const h: unknown = import('node:fs');
`;

/** Lines of the probe that the compiler refuses when it stands among the sources of a package, with all they import. */
function refused(name: string): number[] {
  const folder = path.join(root, 'packages', name);
  using tree = new MadeUpTree({
    'probe.mts': PROBE,
    'tsconfig.json': JSON.stringify({
      extends: path.join(folder, 'tsconfig.json'),
      compilerOptions: {
        composite: false,
        declaration: false,
        isolatedDeclarations: false,
        emitDeclarationOnly: false,
        noEmit: true,
        rootDir: '/',
      },
      files: ['./probe.mts', path.join(folder, 'src/index.ts')],
      include: [],
      references: [],
    }),
  });
  symlinkSync(path.join(root, 'node_modules'), path.join(tree.root, 'node_modules'));
  const { stdout } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', tree.root],
    {
      cwd: tree.root,
      encoding: 'utf8',
    },
  );
  // A line that breaks nothing of its own proves nothing when the compiler never came so far.
  expect(stdout.replaceAll(/^probe\.mts.*\n/gm, '')).toBe('');
  return [...stdout.matchAll(/probe\.mts\((\d+),/g)].map(([, line]) => Number(line));
}

const pure = Object.keys(LAYERS).filter((name) => LAYERS[name]?.pure);

test.each(pure)('the compiler keeps the machine out of %s', (name) => {
  expect(refused(name)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('where the machine is known, the same lines pass', () => {
  expect(refused('host')).toEqual([]);
});
