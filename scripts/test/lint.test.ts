import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { root } from '../check.ts';
import { LAYERS } from '../layers.ts';
import { MadeUpTree } from './made-up-tree.ts';

/** The rules of this checkout over other sources. */
function treeWith(files: Readonly<Record<string, string>>): MadeUpTree {
  const rules = readdirSync(path.join(root, 'scripts/lint')).map((file) => `scripts/lint/${file}`);
  const config = ['biome.json', '.gitignore', '.oxlintrc.json', ...rules];
  const tree = new MadeUpTree({
    ...Object.fromEntries(config.map((file) => [file, readFileSync(path.join(root, file), 'utf8')])),
    'tsconfig.json': readFileSync(path.join(root, 'tsconfig.base.json'), 'utf8'),
    ...files,
  });
  symlinkSync(path.join(root, 'node_modules'), path.join(tree.root, 'node_modules'));
  return tree;
}

function output(tree: MadeUpTree, tool: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [path.join(root, 'node_modules', tool), ...args], {
    cwd: tree.root,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

/** Names of the rules that each file breaks, each once. Files that break none have no entry. */
function brokenByFile(files: Readonly<Record<string, string>>): Record<string, string[]> {
  using tree = treeWith(files);
  const text = output(
    tree,
    '@biomejs/biome/bin/biome',
    'lint',
    '--reporter=github',
    '--max-diagnostics=none',
    'packages',
  );
  const found: Record<string, string[]> = {};
  for (const [, rule = '', file = ''] of text.matchAll(/title=(?:lint\/\w+\/)?(\w+),file=([^,]+)/g)) {
    const name = file.slice(file.indexOf('packages/'));
    found[name] = [...new Set([...(found[name] ?? []), rule])].sort();
  }
  return found;
}

/** Names of the rules that a source breaks when it stands at that place. */
function broken(file: string, source: string, others: Readonly<Record<string, string>> = {}): string[] {
  return brokenByFile({ [file]: source, ...others })[file] ?? [];
}

const IMPURE: readonly [string, string, string][] = [
  ['time of day', 'export const x: unknown = Date.now();\n', 'noRestrictedGlobals'],
  ['monotonic time', 'export const x: unknown = performance.now();\n', 'noRestrictedGlobals'],
  ['timers', 'setTimeout(() => 1, 1);\n', 'noRestrictedGlobals'],
  ['turns of the event loop', 'setImmediate(() => 1);\n', 'noRestrictedGlobals'],
  ['randomness of the platform', 'export const x: unknown = crypto.randomUUID();\n', 'noRestrictedGlobals'],
  ['dice', 'export const x: number = Math.random();\n', 'plugin'],
  ['dice by reference', 'export const x: () => number = Math.random;\n', 'plugin'],
  ['dice taken out of their cup', 'const { random } = Math;\nexport const x: unknown = random;\n', 'plugin'],
  ['dice by a computed name', "export const x: unknown = Math['ran' + 'dom'];\n", 'plugin'],
  ['dice by another name', 'const dice = Math;\nexport const x: unknown = dice.random();\n', 'plugin'],
  ['dice that are handed on', 'use(Math);\n', 'plugin'],
  ['a deadline of the platform', 'export const x: unknown = AbortSignal.timeout(5);\n', 'noRestrictedGlobals'],
  ['a turn through a channel', 'export const x: unknown = new MessageChannel();\n', 'noRestrictedGlobals'],
  ['other threads', "export const x: unknown = new BroadcastChannel('x');\n", 'noRestrictedGlobals'],
  ['events of others', "export const x: unknown = new EventSource('x');\n", 'noRestrictedGlobals'],
  ['a wait of the platform', 'export const x: unknown = Atomics.waitAsync;\n', 'noRestrictedGlobals'],
  ['threads that compress', "export const x: unknown = new CompressionStream('gzip');\n", 'noRestrictedGlobals'],
  ['threads that expand', "export const x: unknown = new DecompressionStream('gzip');\n", 'noRestrictedGlobals'],
  ['the collector', 'export const x: unknown = new WeakRef({});\n', 'noRestrictedGlobals'],
  ['the end of an object', 'export const x: unknown = new FinalizationRegistry(use);\n', 'noRestrictedGlobals'],
  ['the locale', 'export const x: unknown = new Intl.NumberFormat();\n', 'noRestrictedGlobals'],
  ['the machine', 'export const x: unknown = navigator.language;\n', 'noRestrictedGlobals'],
  ['the process', 'export const x: unknown = process.pid;\n', 'noRestrictedGlobals'],
  ['Buffer', 'export const x: unknown = Buffer.alloc(1);\n', 'noRestrictedGlobals'],
  ['globalThis', 'export const x: unknown = globalThis.name;\n', 'noRestrictedGlobals'],
  [
    'a module of Node',
    "import { open } from 'node:fs/promises';\nexport const x: unknown = open;\n",
    'noRestrictedImports',
  ],
  ['gRPC', "import { Server } from '@grpc/grpc-js';\nexport const x: unknown = Server;\n", 'noRestrictedImports'],
  ['level', "import { Level } from 'level';\nexport const x: unknown = Level;\n", 'noRestrictedImports'],
];

const IMPURE_BY_TRADE = ['host', 'rpc', 'server', 'dev', 'cli', 'bench'];
const CLEAN = Object.keys(LAYERS).filter((name) => !IMPURE_BY_TRADE.includes(name));
const inEach = <T>(names: readonly string[], file: string, value: T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [`packages/${name}/src/${file}.ts`, value]));

test('what makes runs differ comes through a port, except where ports are made', () => {
  const sources = IMPURE.map(([, source], index) => inEach(Object.keys(LAYERS), `impure-${index}`, source));
  const expected = IMPURE.map(([, , rule], index) => inEach(CLEAN, `impure-${index}`, [rule]));
  expect(brokenByFile(Object.assign({}, ...sources))).toEqual(Object.assign({}, ...expected));
});

test('the functions of Math are no dice, and a WeakMap is no clock', () => {
  const source = 'export const x: number = Math.max(Math.floor(Math.PI), new WeakMap().has({}) ? 1 : 2);\n';
  expect(broken('packages/broker/src/x.ts', source)).toEqual([]);
});

test('the message names the port', () => {
  using tree = treeWith({ 'packages/raft/src/x.ts': 'setTimeout(() => Date.now(), Math.random());\n' });
  const text = output(tree, '@biomejs/biome/bin/biome', 'lint', '.');
  expect(text).toContain('timers.after(delayMs, run)');
  expect(text).toContain('Clock port');
  expect(text).toContain('Random port');
});

test('a test of a clean package neither sleeps nor reads the real clock', () => {
  const sleeps = "import { setTimeout } from 'node:timers/promises';\nawait setTimeout(1);\n";
  expect(broken('packages/raft/test/x.test.ts', sleeps)).toContain('noRestrictedImports');
  expect(broken('packages/raft/test/x.test.ts', 'export const x: number = Date.now();\n')).toContain(
    'noRestrictedGlobals',
  );
  expect(broken('packages/raft/test/x.test.ts', 'export const x: unknown = AbortSignal.timeout(1);\n')).toContain(
    'noRestrictedGlobals',
  );
  expect(broken('packages/host/test/x.test.ts', sleeps)).toEqual([]);
});

const lines = (count: number): string => 'use();\n'.repeat(count);

test('sizes, names, cycles and types have limits', () => {
  const place = 'packages/host/src/x.ts';
  expect(broken(place, `export function use(): void {\n${lines(71)}}\n`)).toEqual(['noExcessiveLinesPerFunction']);
  expect(broken(place, `import { use } from './y.ts';\n${lines(501)}`)).toEqual(['noExcessiveLinesPerFile']);
  expect(broken('packages/host/test/x.test.ts', `import { use } from './y.ts';\n${lines(501)}`)).toEqual([]);
  expect(broken('packages/host/test/x.test.ts', `import { use } from './y.ts';\n${lines(801)}`)).toEqual([
    'noExcessiveLinesPerFile',
  ]);
  expect(broken('packages/host/src/someName.ts', 'export {};\n')).toEqual(['useFilenamingConvention']);
  expect(
    broken(place, "import { y } from './y.ts';\nexport const x: number = y;\n", {
      'packages/host/src/y.ts': "import { x } from './x.ts';\nexport const y: number = x;\n",
    }),
  ).toEqual(['noImportCycles']);
  expect(broken(place, 'export const x: any = 1;\n')).toEqual(['noExplicitAny']);
  expect(broken(place, 'export const x = (y?: string): string => y!;\n')).toEqual(['noNonNullAssertion']);
  expect(broken(place, 'export default 1;\n')).toEqual(['noDefaultExport']);
  expect(broken(place, "import { T } from './y.ts';\nexport type U = T;\n")).toEqual(['useImportType']);
  expect(broken(place, 'console.log(1);\n')).toEqual(['noConsole']);
});

test('a promise is awaited or has a handler', () => {
  using tree = treeWith({
    'packages/broker/src/x.ts': `
export async function work(): Promise<void> {}
export function floats(): void {
  work();
}
export function hides(): void {
  void work();
}
export function misuses(run: (callback: () => void) => void): void {
  run(async () => work());
}
export function handles(report: (error: unknown) => void): void {
  void work().catch(report);
}
`,
  });
  const text = output(tree, 'oxlint/bin/oxlint', '--type-aware', '--format=unix');
  expect([...text.matchAll(/x\.ts:(\d+):/g)].map(([, line]) => line).sort()).toEqual(['10', '4', '7']);
});

test('a test may start what it does not wait for, if it says so', () => {
  const source = 'async function work(): Promise<void> {}\nvoid work();\nwork();\n';
  using tree = treeWith({ 'packages/raft/test/x.test.ts': source });
  const text = output(tree, 'oxlint/bin/oxlint', '--type-aware', '--format=unix');
  expect([...text.matchAll(/x\.test\.ts:(\d+):/g)].map(([, line]) => line)).toEqual(['3']);
});

test('a switch over a union names every member', () => {
  const source = `export function name(kind: 'a' | 'b'): string {
  switch (kind) {
    case 'a':
      return 'A';
  }
  return '';
}
`;
  using tree = treeWith({ 'packages/raft/src/x.ts': source });
  expect(output(tree, 'oxlint/bin/oxlint', '--type-aware', '--format=unix')).toContain('x.ts:2:');
});
