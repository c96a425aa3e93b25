import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Command } from './client-process.ts';

/*
 * Clients of others, each from its own registry by its ordinary tool, into a cache that git ignores. What cannot be had is
 * told with the reason, and is no failure: a machine need not have Python or Debian's tools.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = path.join(ROOT, 'node_modules/.cache/interop');
/** The programs that drive the clients. */
export const PROGRAMS: string = fileURLToPath(new URL('clients', import.meta.url));

/** Exact versions: what the table says was measured with these. Behind the clients are codecs that they leave to users. */
const PYPI = [
  'confluent-kafka==2.16.1',
  'kafka-python==3.0.12',
  'python-snappy==0.7.3',
  'lz4==4.4.5',
  'zstandard==0.25.0',
];
const NPM = ['kafkajs@2.2.4', '@platformatic/kafka@2.12.1', 'kafkajs-snappy@1.1.0', 'lz4js@0.2.0'];
/** Debian's release decides on the version. */
const DEBIAN = ['kcat'];

/** For one step of one tool. All three kinds are installed at once, so this bounds the wait. */
const STEP_TIMEOUT_MS = 90_000;
const WORDS_KEPT = 300;

/** What must be there to run what was installed: it is tried before it counts as that. */
const PYTHON_MODULES = 'confluent_kafka, kafka, snappy, lz4.frame, zstandard';

/** A folder that holds what was asked for, or why there is none. */
export type Installed = { readonly folder: string; readonly missing?: never } | { readonly missing: string };

export interface InstalledClients {
  readonly python: Installed;
  readonly npm: Installed;
  readonly debian: Installed;
}

/** Installs what the cache does not hold. Takes seconds the first time, and nothing afterwards. */
export async function installClients(): Promise<InstalledClients> {
  const [python, npm, debian] = await Promise.all([
    cached('python', PYPI, installPython),
    cached('npm', NPM, installNpm),
    cached('debian', DEBIAN, installDebian),
  ]);
  // They import clients by name, and find them beside themselves.
  if (npm.missing === undefined) {
    for (const file of readdirSync(PROGRAMS).filter((name) => name.endsWith('.mjs'))) {
      copyFileSync(path.join(PROGRAMS, file), path.join(npm.folder, file));
    }
  }
  return { python, npm, debian };
}

async function cached(
  kind: string,
  packages: readonly string[],
  install: (folder: string) => Promise<void>,
): Promise<Installed> {
  const hash = createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 12);
  const folder = path.join(CACHE, `${kind}-${hash}`);
  const complete = path.join(folder, '.complete');
  if (existsSync(complete)) return { folder };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await install(folder);
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    return { missing: error.message };
  }
  writeFileSync(complete, '');
  return { folder };
}

async function installPython(folder: string): Promise<void> {
  await step('python3', ['-m', 'venv', folder]);
  const python = pythonIn(folder);
  await step(python.program, ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', ...PYPI]);
  await step(python.program, ['-c', `import ${PYTHON_MODULES}`], python.env);
}

async function installNpm(folder: string): Promise<void> {
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quiet = ['--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'];
  await step('npm', ['install', '--prefix', folder, ...quiet, ...NPM]);
  const file = path.join(folder, 'imports.mjs');
  const names = NPM.map((name) => name.slice(0, name.lastIndexOf('@')));
  writeFileSync(file, names.map((name) => `import '${name}';\n`).join(''));
  await step(process.execPath, [file]);
}

/** Neither needs root nor changes the machine: packages are unpacked beside one another, with libraries that are missing. */
async function installDebian(folder: string): Promise<void> {
  const state = path.join(folder, 'apt');
  for (const part of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(path.join(state, part), { recursive: true });
  const options = [
    `Dir::State=${state}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${path.join(state, 'cache')}`,
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  await step('apt-get', [...options, '-q', 'update']);
  const wanted = ['--reinstall', '--no-install-recommends', '--download-only', 'install', ...DEBIAN];
  await step('apt-get', [...options, '-q', '-y', ...wanted]);
  const archives = path.join(state, 'cache/archives');
  for (const archive of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await step('dpkg', ['-x', path.join(archives, archive), folder]);
  }
  rmSync(state, { recursive: true });
  const kcat = kcatIn(folder);
  await step(kcat.program, ['-V'], kcat.env);
}

/** How a Python program of a user is run, with the clients at hand. */
export function pythonIn(folder: string): Command {
  const env = { PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
  return { program: path.join(folder, 'bin/python'), first: [], env };
}

/** kcat with the libraries that were unpacked beside it; what is not there the machine has. */
export function kcatIn(folder: string): Command {
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? process.arch;
  const libraries = path.join(folder, `usr/lib/${machine}-linux-gnu`);
  return { program: path.join(folder, 'usr/bin/kcat'), first: [], env: { LD_LIBRARY_PATH: libraries } };
}

/** A tool that is not there, did not do it, or took too long. */
class StepError extends Error {}

function step(command: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { timeout: STEP_TIMEOUT_MS, killSignal: 'SIGKILL', env: { ...process.env, ...env } } as const;
    execFile(command, argv, options, (error, _out, err) => {
      if (error === null) resolve();
      else reject(new StepError(`${path.basename(command)}: ${(err.trim() || error.message).slice(-WORDS_KEPT)}`));
    });
  });
}
