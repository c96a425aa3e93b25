import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { root } from '../check.ts';
import { MadeUpTree } from './made-up-tree.ts';

/**
 * Stands for the package manager: notes each install, puts the pinned Node where pnpm would, and does as the file `mode`
 * says. As `npx` it is a host that has npm and no pnpm.
 */
const PACKAGE_MANAGER = `#!${process.execPath}
const fs = require('node:fs');
const path = require('node:path');
if (process.argv[2] === '--version') { console.log(fs.readFileSync(path.join(__dirname, 'version'), 'utf8')); process.exit(0); }
fs.appendFileSync('installs', process.argv.slice(2).join(' ') + '\\n');
fs.mkdirSync('node_modules/.bin', { recursive: true });
const mode = fs.existsSync('mode') ? fs.readFileSync('mode', 'utf8') : '';
if (mode === 'offline') { console.error('connect ECONNREFUSED 127.0.0.1:9'); process.exit(1); }
const pinned = path.join('node_modules', \`node-\${process.platform}-\${process.arch}\`, 'bin');
fs.mkdirSync(pinned, { recursive: true });
const node = mode === 'alien' ? 'echo wrong architecture >&2; exit 126' : 'PINNED=yes exec "${process.execPath}" "$@"';
fs.writeFileSync(path.join(pinned, 'node'), '#!/bin/sh\\n' + node + '\\n', { mode: 0o755 });
if (mode === 'hold') {
  fs.writeFileSync('node_modules/half', '');
  console.log('holding');
  fs.watch('.', () => fs.existsSync('go') && process.exit(0));
}
`;

/** Makes the Node that loads it an old one. It stands in NODE_OPTIONS, which the bootstrap keeps from the command. */
const OLD_HOST = `Object.defineProperty(process.versions, 'node', { value: '20.11.0' });\n`;

/** Stands for the command: says how it was called, then waits for a signal if told to. */
const MAIN = `
const [, , ...args]: string[] = process.argv;
const { NODE_OPTIONS: options = '', PINNED: pinned = 'no' } = process.env;
console.log(JSON.stringify({ args, options, pinned }));
if (args.includes('wait')) setInterval(() => undefined, 1000);
if (args.includes('handle')) process.on('SIGTERM', () => process.exit(7));
if (args.includes('fail')) process.exit(3);
console.log('up');
`;

const scripts = (file: string): string => readFileSync(path.join(root, 'scripts', file), 'utf8');

/** What a host may have on its PATH to install with. */
const INSTALLERS = ['pnpm', 'npx'] as const;
type Installer = (typeof INSTALLERS)[number];

function checkout(...installers: readonly Installer[]): MadeUpTree {
  const tree = new MadeUpTree({
    'package.json': `{ "type": "module", "optionalDependencies": { "node-${process.platform}-${process.arch}": "24.0.0" } }`,
    'pnpm-lock.yaml': 'one',
    'bin/version': '10.0.0',
    'bin/package.json': '{ "type": "commonjs" }',
    'old-host.cjs': OLD_HOST,
    'scripts/bootstrap.mjs': scripts('bootstrap.mjs'),
    'scripts/moldau.mjs': scripts('moldau.mjs'),
    'packages/cli/src/main.ts': MAIN,
  });
  for (const installer of installers) {
    tree.write(`bin/${installer}`, PACKAGE_MANAGER);
    chmodSync(path.join(tree.root, 'bin', installer), 0o755);
  }
  return tree;
}

/** A host whose Node is older than what the sources need. */
const oldHost = (tree: MadeUpTree): Record<string, string> => ({
  NODE_OPTIONS: `--require=${path.join(tree.root, 'old-host.cjs')}`,
});

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

/** How the package manager was called, once for each install. */
const installs = (tree: MadeUpTree): string[] =>
  readFileSync(path.join(tree.root, 'installs'), 'utf8').trimEnd().split('\n');

describe.each(INSTALLERS)('with %s on PATH', (installer) => {
  test('the first start installs, the second does not, and arguments arrive as given', async () => {
    using tree = checkout(installer);
    const first = await runToEnd(tree, 'moldau', 'dev', 'up', '--port', '5');
    expect(first).toMatchObject({ code: 0, output: expect.stringContaining('"args":["dev","up","--port","5"]') });
    expect(first.output).toContain('installed in');
    const second = await runToEnd(tree, 'moldau', 'a b', '');
    expect(second.output).toBe('{"args":["a b",""],"options":"","pinned":"no"}\nup\n');
    expect(installs(tree)).toHaveLength(1);
  });

  test('another lockfile is installed anew', async () => {
    using tree = checkout(installer);
    await runToEnd(tree, 'moldau');
    tree.write('pnpm-lock.yaml', 'two');
    await runToEnd(tree, 'moldau');
    expect(installs(tree)).toHaveLength(2);
  });

  test('of two starts at once one installs and the other waits', async () => {
    using tree = checkout(installer);
    tree.write('mode', 'hold');
    await using first = new Run(tree, ['moldau', 'first']);
    await first.prints('holding');
    await using second = new Run(tree, ['moldau', 'second']);
    await second.prints('waiting for the install');
    tree.write('go', '');
    expect([await first.exitCode(), await second.exitCode()]).toEqual([0, 0]);
    expect(installs(tree)).toHaveLength(1);
  });

  test('an install that was stopped leaves nothing running, and the next starts from nothing', async () => {
    using tree = checkout(installer);
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
    using tree = checkout(installer);
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
    using tree = checkout(installer);
    tree.write('mode', 'offline');
    const { code, output } = await runToEnd(tree, 'moldau');
    expect(code).toBe(1);
    expect(output).toContain('the package registry cannot be reached');
    expect(output).not.toContain('up\n');
  });

  test('an old Node installs the pinned one, and the command runs on that', async () => {
    using tree = checkout(installer);
    for (const start of ['first', 'second']) {
      await using run = new Run(tree, ['moldau', start], oldHost(tree));
      expect(await run.exitCode()).toBe(0);
      expect(run.output).toContain(`{"args":["${start}"],"options":"","pinned":"yes"}\nup\n`);
    }
    expect(installs(tree)).toHaveLength(1);
  });
});

test("a program of one's own runs on the same Node, in the folder where it was named", async () => {
  using tree = checkout('pnpm');
  tree.write('shop/order.ts', "console.log(process.cwd().endsWith('shop'), process.argv.slice(2));");
  const typedIn = { npm_execpath: 'npm', INIT_CWD: path.join(tree.root, 'shop') };
  await using run = new Run(tree, ['program', 'order.ts', 'a b'], { ...oldHost(tree), ...typedIn });
  expect(await run.exitCode()).toBe(0);
  expect(run.output).toContain("true [ 'a b' ]");
  expect(await runToEnd(tree, 'program')).toMatchObject({ code: 1, output: expect.stringContaining('-- FILE') });
  const missing = await runToEnd(tree, 'program', 'nowhere.ts');
  expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('there is no ') });
});

test('without pnpm the version that wrote the lockfile comes through npx', async () => {
  using tree = checkout('npx');
  await runToEnd(tree, 'moldau');
  expect(installs(tree)).toEqual([expect.stringMatching(/^--yes pnpm@10\.\d+\.\d+ install --frozen-lockfile /)]);
});

test('a pnpm of another major version is left alone', async () => {
  using tree = checkout('pnpm', 'npx');
  tree.write('bin/version', '9.15.0');
  await runToEnd(tree, 'moldau');
  expect(installs(tree)).toEqual([expect.stringMatching(/^--yes pnpm@10/)]);
});

test('a host with neither pnpm nor npx is told what to install', async () => {
  using tree = checkout();
  expect(await runToEnd(tree, 'moldau')).toMatchObject({
    code: 1,
    output: expect.stringContaining('neither pnpm 10 nor npx is on PATH'),
  });
});

test('an old Node for which there is no pinned one is refused before anything is installed', async () => {
  using tree = checkout('npx');
  tree.write('package.json', '{ "type": "module" }');
  await using run = new Run(tree, ['moldau'], oldHost(tree));
  expect(await run.exitCode()).toBe(1);
  expect(run.output).toContain(`there is no pinned Node for ${process.platform} ${process.arch}`);
  expect(existsSync(path.join(tree.root, 'installs'))).toBe(false);
});

test('a pinned Node that does not start is named with its reason, and not taken for installed', async () => {
  using tree = checkout('npx');
  tree.write('mode', 'alien');
  for (const _ of ['first', 'second']) {
    await using run = new Run(tree, ['moldau'], oldHost(tree));
    expect(await run.exitCode()).toBe(1);
    expect(run.output).toMatch(/the pinned Node does not run here .*wrong architecture/);
  }
  expect(installs(tree)).toHaveLength(2);
});

test('the exit code is that of the command', async () => {
  using tree = checkout('pnpm');
  expect(await runToEnd(tree, 'moldau', 'fail')).toMatchObject({ code: 3 });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is passed on, and death by it is 128 + n', async (signal) => {
  using tree = checkout('pnpm');
  await using run = new Run(tree, ['moldau', 'wait']);
  await run.prints('up');
  run.signal(signal);
  expect(await run.exitCode()).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
});

test('under npm the command ends when the shell above it was stopped', async () => {
  using tree = checkout('pnpm');
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
  using tree = checkout('pnpm');
  await using run = new Run(tree, ['moldau', 'wait', 'handle']);
  await run.prints('up');
  run.signal('SIGTERM');
  expect(await run.exitCode()).toBe(7);
});

test('hooks of other tools in NODE_OPTIONS are left out, limits are kept', async () => {
  using tree = checkout('pnpm');
  await runToEnd(tree, 'moldau');
  await using run = new Run(tree, ['moldau'], {
    NODE_OPTIONS: '--max-old-space-size=512 --no-experimental-require-module',
  });
  await run.exitCode();
  expect(run.output).toContain('"options":"--max-old-space-size=512"');
  expect(run.output).toContain('left out --no-experimental-require-module');
});

test('an unknown command and one that is not there yet say so', async () => {
  using tree = checkout('pnpm');
  expect(await runToEnd(tree, 'dance')).toMatchObject({ code: 1, output: expect.stringContaining('usage:') });
  expect(await runToEnd(tree, 'bench')).toMatchObject({ code: 1, output: expect.stringContaining('not part of this') });
});
