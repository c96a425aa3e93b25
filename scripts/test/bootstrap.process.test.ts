import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { root } from '../check.ts';
import { MadeUpTree } from './made-up-tree.ts';

/** Stands for the package manager: notes each install, and does as the file `mode` says. */
const PNPM = `#!${process.execPath}
const fs = require('node:fs');
if (process.argv[2] === '--version') { console.log('10.0.0'); process.exit(0); }
fs.appendFileSync('installs', 'x');
fs.mkdirSync('node_modules/.bin', { recursive: true });
const mode = fs.existsSync('mode') ? fs.readFileSync('mode', 'utf8') : '';
if (mode === 'offline') { console.error('connect ECONNREFUSED 127.0.0.1:9'); process.exit(1); }
if (mode === 'hold') {
  fs.writeFileSync('node_modules/half', '');
  console.log('holding');
  fs.watch('.', () => fs.existsSync('go') && process.exit(0));
}
`;

/** Stands for the command: says how it was called, then waits for a signal if told to. */
const MAIN = `
const [, , ...args]: string[] = process.argv;
console.log(JSON.stringify({ args, options: process.env.NODE_OPTIONS ?? '' }));
if (args.includes('wait')) setInterval(() => undefined, 1000);
if (args.includes('handle')) process.on('SIGTERM', () => process.exit(7));
if (args.includes('fail')) process.exit(3);
console.log('up');
`;

const scripts = (file: string): string => readFileSync(path.join(root, 'scripts', file), 'utf8');

function checkout(): MadeUpTree {
  const tree = new MadeUpTree({
    'package.json': '{ "type": "module" }',
    'pnpm-lock.yaml': 'one',
    'bin/pnpm': PNPM,
    'bin/package.json': '{ "type": "commonjs" }',
    'scripts/bootstrap.mjs': scripts('bootstrap.mjs'),
    'scripts/moldau.mjs': scripts('moldau.mjs'),
    'packages/cli/src/main.ts': MAIN,
  });
  chmodSync(path.join(tree.root, 'bin/pnpm'), 0o755);
  return tree;
}

/** One start of the bootstrap, with what it printed so far. */
class Run implements AsyncDisposable {
  output = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #onOutput: () => void = () => undefined;

  constructor(tree: MadeUpTree, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { npm_execpath: _, NODE_OPTIONS: __, ...inherited } = process.env;
    this.#child = spawn(process.execPath, [path.join(tree.root, 'scripts/bootstrap.mjs'), ...args], {
      cwd: tree.root,
      env: { ...inherited, PATH: path.join(tree.root, 'bin'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        this.#onOutput();
      });
    }
    this.#ended = once(this.#child, 'close').then(([code]) => code);
  }

  /** Resolves when the text has been printed; rejects when the process ends without. */
  async prints(text: string): Promise<void> {
    const printed = new Promise<void>((resolve) => {
      this.#onOutput = () => this.output.includes(text) && resolve();
      this.#onOutput();
    });
    await Promise.race([printed, this.#ended]);
    expect(this.output).toContain(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  exitCode(): Promise<number> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM');
    await this.#ended;
  }
}

async function runToEnd(tree: MadeUpTree, ...args: string[]): Promise<{ code: number; output: string }> {
  await using run = new Run(tree, args);
  return { code: await run.exitCode(), output: run.output };
}

const installs = (tree: MadeUpTree): number => readFileSync(path.join(tree.root, 'installs'), 'utf8').length;

test('the first start installs, the second does not, and arguments arrive as given', async () => {
  using tree = checkout();
  const first = await runToEnd(tree, 'moldau', 'dev', 'up', '--port', '5');
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining('"args":["dev","up","--port","5"]') });
  expect(first.output).toContain('installed in');
  const second = await runToEnd(tree, 'moldau', 'a b', '');
  expect(second.output).toBe('{"args":["a b",""],"options":""}\nup\n');
  expect(installs(tree)).toBe(1);
});

test('another lockfile is installed anew', async () => {
  using tree = checkout();
  await runToEnd(tree, 'moldau');
  tree.write('pnpm-lock.yaml', 'two');
  await runToEnd(tree, 'moldau');
  expect(installs(tree)).toBe(2);
});

test('of two starts at once one installs and the other waits', async () => {
  using tree = checkout();
  tree.write('mode', 'hold');
  await using first = new Run(tree, ['moldau', 'first']);
  await first.prints('holding');
  await using second = new Run(tree, ['moldau', 'second']);
  await second.prints('waiting for the install');
  tree.write('go', '');
  expect([await first.exitCode(), await second.exitCode()]).toEqual([0, 0]);
  expect(installs(tree)).toBe(1);
});

test('an install that was stopped leaves nothing running, and the next starts from nothing', async () => {
  using tree = checkout();
  tree.write('mode', 'hold');
  await using run = new Run(tree, ['moldau']);
  await run.prints('holding');
  run.signal('SIGTERM');
  expect(await run.exitCode()).toBe(143);
  expect(existsSync(path.join(tree.root, '.install-lock'))).toBe(false);
  expect(existsSync(path.join(tree.root, 'node_modules/half'))).toBe(true);
  tree.write('mode', '');
  const next = await runToEnd(tree, 'moldau');
  expect(next).toMatchObject({ code: 0, output: expect.stringContaining('starting from nothing') });
  expect(existsSync(path.join(tree.root, 'node_modules/half'))).toBe(false);
});

test('the lock of a process that died is taken over', async () => {
  using tree = checkout();
  tree.write('mode', 'hold');
  await using run = new Run(tree, ['moldau']);
  await run.prints('holding');
  run.signal('SIGKILL');
  await using next = new Run(tree, ['moldau']);
  await next.prints('waiting for the install');
  // Its installer still runs: only when that has ended too does the next one begin.
  tree.write('mode', '');
  tree.write('go', '');
  expect(await next.exitCode()).toBe(0);
  expect(next.output).toContain('starting from nothing');
});

test('a registry that cannot be reached is named, and nothing is started', async () => {
  using tree = checkout();
  tree.write('mode', 'offline');
  const { code, output } = await runToEnd(tree, 'moldau');
  expect(code).toBe(1);
  expect(output).toContain('the package registry cannot be reached');
  expect(output).not.toContain('up\n');
});

test('the exit code is that of the command', async () => {
  using tree = checkout();
  expect(await runToEnd(tree, 'moldau', 'fail')).toMatchObject({ code: 3 });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is passed on, and death by it is 128 + n', async (signal) => {
  using tree = checkout();
  await using run = new Run(tree, ['moldau', 'wait']);
  await run.prints('up');
  run.signal(signal);
  expect(await run.exitCode()).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
});

test('under npm the command ends when the shell above it was stopped', async () => {
  using tree = checkout();
  await runToEnd(tree, 'moldau');
  const bootstrap = [process.execPath, path.join(tree.root, 'scripts/bootstrap.mjs'), 'moldau', 'wait'];
  const shell = spawn('/bin/sh', ['-c', '"$0" "$@"; exit', ...bootstrap], {
    env: { ...process.env, npm_execpath: 'npm' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(shell.stdout, 'data');
  shell.kill('SIGTERM');
  // The stream closes when the last process that holds it has ended.
  await once(shell, 'close');
  expect(shell.signalCode).toBe('SIGTERM');
});

test('a command that handles its signal decides the exit code', async () => {
  using tree = checkout();
  await using run = new Run(tree, ['moldau', 'wait', 'handle']);
  await run.prints('up');
  run.signal('SIGTERM');
  expect(await run.exitCode()).toBe(7);
});

test('hooks of other tools in NODE_OPTIONS are left out, limits are kept', async () => {
  using tree = checkout();
  await runToEnd(tree, 'moldau');
  await using run = new Run(tree, ['moldau'], {
    NODE_OPTIONS: '--max-old-space-size=512 --no-experimental-require-module',
  });
  await run.exitCode();
  expect(run.output).toContain('"options":"--max-old-space-size=512"');
  expect(run.output).toContain('left out --no-experimental-require-module');
});

test('an unknown command and one that is not there yet say so', async () => {
  using tree = checkout();
  expect(await runToEnd(tree, 'dance')).toMatchObject({ code: 1, output: expect.stringContaining('usage:') });
  expect(await runToEnd(tree, 'bench')).toMatchObject({ code: 1, output: expect.stringContaining('not part of this') });
});
