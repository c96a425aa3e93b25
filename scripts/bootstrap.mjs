/**
 * The way into a checkout: plain JavaScript for any Node >= 20, before anything is installed.
 *
 *   node scripts/bootstrap.mjs COMMAND [ARGS]
 *
 * It installs what pnpm-lock.yaml names when that is not what node_modules holds, picks a Node that runs TypeScript,
 * and starts it directly: npm, npx and the shells in node_modules/.bin cost a second each and swallow signals.
 *
 * State in the checkout:
 *   node_modules/.moldau-installed   {lockfile, node}: the install is complete; `node` is the binary, proven to start
 *   node_modules/.moldau-installing  an install began here and did not end: the next one starts from nothing
 *   .install-lock                    {pid, installer, host}: who installs now; touched while it lives
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PNPM_VERSION = '10.34.9';
/** The first Node that runs TypeScript sources without a flag, and the one everything is tested with. */
const NODE_MAJOR_MIN = 24;
/** A lock that nobody touched for this long while we watched belongs to a process that is gone. */
const LOCK_SILENT_MS_MAX = 15_000;
const LOCK_TOUCH_MS = 2_000;
const LOCK_POLL_MS = 200;
/** Two that find the same dead lock both write theirs; after this long the last one stands. */
const LOCK_SETTLE_MS = 150;
/** How much of the installer's output is kept to say why it failed. */
const OUTPUT_TAIL_CHARS = 8_000;
/** How often a command under npm looks whether its parent is still there. */
const PARENT_POLL_MS = 250;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const installedFile = path.join(modules, '.moldau-installed');
const installingFile = path.join(modules, '.moldau-installing');
const lockFile = path.join(root, '.install-lock');
const windows = process.platform === 'win32';

/** What each command starts: a file of this checkout and its first arguments; `program` starts the file that is named. */
const COMMANDS = {
  moldau: ['packages/cli/src/main.ts'],
  sim: ['packages/sim/src/main.ts'],
  failover: ['packages/dev/src/failover/main.ts'],
  interop: ['scripts/interop.ts'],
  bench: ['packages/bench/src/main.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  tidy: ['scripts/tidy.ts'],
  gen: ['scripts/gen-proto.ts'],
  format: ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.'],
  program: [],
};

/** Options of NODE_OPTIONS that mean the same to every Node. Others are often a hook of some other tool. */
const NODE_OPTIONS_KEPT =
  /^--(max-old-space-size|max-semi-space-size|stack-trace-limit|inspect|trace-|report-|heap|cpu-prof|use-|dns-result-order|no-deprecation|no-warnings|enable-source-maps)/;

/** A failure to explain to the person at the keyboard, without a stack. */
class BootstrapError extends Error {}

const say = (line) => process.stderr.write(`moldau: ${line}\n`);

/** Runs one command to its end and returns the exit code for this process. */
export async function run([command, ...args]) {
  try {
    if (!Object.hasOwn(COMMANDS, command ?? '')) {
      throw new BootstrapError(`usage: node scripts/bootstrap.mjs ${Object.keys(COMMANDS).join('|')} [arguments]`);
    }
    const what = command === 'program' ? programOf(args) : ownFile(command, args);
    return await start(await ensureInstalled(), what, command);
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    say(error.message);
    return 1;
  }
}

function ownFile(command, args) {
  const [file, ...first] = COMMANDS[command];
  const entry = path.join(root, file);
  if (!fs.existsSync(entry)) throw new BootstrapError(`"${command}" is not part of this checkout: no ${file}`);
  return [entry, ...first, ...args];
}

/** A user's program, on the same Node as everything here. It is named from the folder where the command was typed. */
function programOf([file, ...args]) {
  if (file === undefined) throw new BootstrapError('name your program: npm run program -- FILE [arguments]');
  const entry = path.resolve(typedIn(), file);
  if (!fs.existsSync(entry)) throw new BootstrapError(`there is no ${entry}`);
  return [entry, ...args];
}

/** npm changes to the folder of package.json, and says from where. */
function typedIn() {
  return process.env.npm_execpath === undefined ? process.cwd() : (process.env.INIT_CWD ?? process.cwd());
}

/** The Node to use, once node_modules holds what the lockfile names. */
async function ensureInstalled() {
  const lockfile = createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  const before = installedNode(lockfile);
  if (before) return before;
  refuseHopelessPlatform();
  const release = await lockInstall();
  try {
    const meanwhile = installedNode(lockfile);
    if (meanwhile) return meanwhile;
    const startedAt = performance.now();
    await install();
    const node = pickNode();
    linkCommand();
    fs.writeFileSync(installedFile, JSON.stringify({ lockfile, node }));
    fs.rmSync(installingFile, { force: true });
    say(`installed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return node;
  } finally {
    release();
  }
}

/** The proven Node of a complete install for this lockfile; with another host Node than then it is proven anew. */
function installedNode(lockfile) {
  const stamp = readJson(installedFile);
  if (stamp?.lockfile !== lockfile || fs.existsSync(installingFile)) return undefined;
  const usable = stamp.node === process.execPath ? hostIsNewEnough() : fs.existsSync(stamp.node);
  return usable ? stamp.node : undefined;
}

/** npm puts node_modules/.bin first on PATH, so this may already be the pinned Node: then it is not the host's. */
function hostIsNewEnough() {
  return major(process.versions.node) >= NODE_MAJOR_MIN && !process.execPath.startsWith(modules + path.sep);
}

/** Name of the package that carries Node for this platform. */
function nodePackage() {
  return `node-${windows ? 'win' : process.platform}-${process.arch}`;
}

function refuseHopelessPlatform() {
  const { optionalDependencies = {} } = readJson(path.join(root, 'package.json')) ?? {};
  if (hostIsNewEnough() || Object.hasOwn(optionalDependencies, nodePackage())) return;
  throw new BootstrapError(
    `Node ${process.versions.node} is too old, and there is no pinned Node for ${process.platform} ${process.arch}. ` +
      `Install Node ${NODE_MAJOR_MIN} or newer and run the command again.`,
  );
}

/** The host's Node when it is new enough, else the pinned one; either way it has been started once. */
function pickNode() {
  if (hostIsNewEnough()) return process.execPath;
  const binary = path.join(modules, nodePackage(), 'bin', windows ? 'node.exe' : 'node');
  const probe = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (probe.status === 0 && major(probe.stdout.trim().slice(1)) >= NODE_MAJOR_MIN) return binary;
  const why = probe.error?.message ?? (probe.stderr.trim() || probe.stdout.trim() || `signal ${probe.signal}`);
  throw new BootstrapError(
    `the pinned Node does not run here (${binary}: ${why}). Install Node ${NODE_MAJOR_MIN} or newer and try again.`,
  );
}

/** Makes `npx moldau` find this checkout from every folder in it, and never a stranger's package of that name. */
function linkCommand() {
  const link = path.join(modules, '.bin', 'moldau');
  if (!windows && !fs.existsSync(link)) fs.symlinkSync(path.join('..', '..', 'scripts', 'moldau.mjs'), link);
}

/** Waits until this process alone may install; returns what lets the next one in. */
async function lockInstall() {
  const mine = { pid: process.pid, host: os.hostname(), nonce: Math.random() };
  let seen = '';
  let seenAt = 0;
  let told = false;
  while (!tryCreate(lockFile, JSON.stringify(mine))) {
    const holder = readJson(lockFile);
    const state = `${holder?.nonce} ${fs.statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs}`;
    if (state !== seen) [seen, seenAt] = [state, performance.now()];
    const silent = performance.now() - seenAt > LOCK_SILENT_MS_MAX;
    if (silent || (holder?.host === mine.host && !alive(holder.pid) && !alive(holder.installer))) {
      const temporary = `${lockFile}.${process.pid}`;
      fs.writeFileSync(temporary, JSON.stringify(mine));
      fs.renameSync(temporary, lockFile);
      await delay(LOCK_SETTLE_MS);
      if (readJson(lockFile)?.nonce === mine.nonce) break;
      continue;
    }
    if (!told) say(`waiting for the install that process ${holder?.pid ?? '?'} runs`);
    told = true;
    await delay(LOCK_POLL_MS);
  }
  // Only a sign of life: when somebody took the lock away there is nobody left to give it to.
  const touch = setInterval(() => fs.utimes(lockFile, new Date(), new Date(), () => undefined), LOCK_TOUCH_MS);
  return () => {
    clearInterval(touch);
    fs.rmSync(lockFile, { force: true });
  };
}

/** Installs exactly what the lockfile names; from nothing if the last attempt did not end. */
async function install() {
  if (fs.existsSync(installingFile)) {
    say('the last install did not end: starting from nothing');
    removeModules();
  }
  fs.mkdirSync(modules, { recursive: true });
  fs.rmSync(installedFile, { force: true });
  fs.writeFileSync(installingFile, '');
  const own = spawnSync('pnpm', ['--version'], { encoding: 'utf8', cwd: os.tmpdir(), shell: windows });
  const found = own.status === 0 && major(own.stdout) === major(PNPM_VERSION);
  const [tool, ...first] = found ? ['pnpm'] : ['npx', '--yes', `pnpm@${PNPM_VERSION}`];
  const args = [
    ...first,
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
    '--config.confirmModulesPurge=false',
  ];
  say(`installing dependencies with pnpm ${found ? own.stdout.trim() : PNPM_VERSION} (once for each lockfile)`);
  const { error, code, signal, tail } = await runInstaller(tool, args);
  if (error?.code === 'ENOENT') {
    throw new BootstrapError('neither pnpm 10 nor npx is on PATH. Install Node.js with npm and try again.');
  }
  if (code !== 0) throw new BootstrapError(whyInstallFailed(error, code, signal, tail));
}

/**
 * The installer leads a process group of its own, so that stopping it stops all of it: npx -> sh -> pnpm. Its output
 * goes to stderr, since stdout belongs to the command that follows.
 */
async function runInstaller(tool, args) {
  const child = spawn(tool, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: !windows, shell: windows });
  const lock = readJson(lockFile);
  if (child.pid !== undefined && lock) fs.writeFileSync(lockFile, JSON.stringify({ ...lock, installer: child.pid }));
  let tail = '';
  const keep = (chunk) => {
    process.stderr.write(chunk);
    tail = (tail + chunk).slice(-OUTPUT_TAIL_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let stoppedBy;
  const unhook = onSignals((signal) => {
    say(`${signal}: stopping the install`);
    stopGroup(child, stoppedBy ? 'SIGKILL' : 'SIGTERM');
    stoppedBy ??= signal;
  });
  const result = await new Promise((resolve) => {
    child.on('error', (error) => resolve({ error }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  unhook();
  if (stoppedBy) {
    fs.rmSync(lockFile, { force: true });
    process.exit(128 + os.constants.signals[stoppedBy]);
  }
  return { ...result, tail };
}

function stopGroup(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  if (windows) child.kill(signal);
  else process.kill(-child.pid, signal);
}

function whyInstallFailed(error, code, signal, tail) {
  const ended = error?.message ?? (signal ? `ended by ${signal}` : `exit code ${code}`);
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL|fetch failed/.test(tail)) {
    return `the install failed (${ended}): the package registry cannot be reached. Check network and proxy, then try again.`;
  }
  if (/ENOSPC/.test(tail)) return `the install failed (${ended}): the disk is full.`;
  if (/OUTDATED_LOCKFILE/.test(tail)) {
    return `the install failed (${ended}): a package.json changed without pnpm-lock.yaml. Run: npx pnpm@${PNPM_VERSION} install`;
  }
  return `the install failed (${ended}); its output stands above. The next start tries again from nothing.`;
}

function removeModules() {
  const packages = path.join(root, 'packages');
  const folders = fs.existsSync(packages) ? fs.readdirSync(packages).map((name) => path.join(packages, name)) : [];
  for (const folder of [root, ...folders]) {
    fs.rmSync(path.join(folder, 'node_modules'), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Starts the command in this terminal, passes signals on, and ends as it ends. */
async function start(node, args, command) {
  const env = { ...process.env, NODE_COMPILE_CACHE: path.join(modules, '.cache', 'node-compile') };
  keepNodeOptions(env);
  // Four busy threads of the default pool can hold up a flush for seconds; the pool's size is read at process start.
  if (command === 'moldau') env.UV_THREADPOOL_SIZE ??= '16';
  const cwd = command === 'program' ? typedIn() : process.cwd();
  const child = spawn(node, args, { stdio: 'inherit', env, cwd });
  const unhook = onSignals((signal) => {
    // A terminal sends Ctrl-C and hang-up to the whole foreground group: the child has it already, and a second one
    // would mean "now".
    if (signal !== 'SIGTERM' && [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)) return;
    child.kill(signal);
  });
  const unwatch = onParentGone(() => child.kill('SIGTERM'));
  return await new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new BootstrapError(`cannot start ${node}: ${error.message}`)));
    child.on('exit', (code, signal) => {
      unhook();
      unwatch();
      resolve(code ?? 128 + os.constants.signals[signal]);
    });
  });
}

/** npm passes a SIGTERM to its shell, which dies of it and tells nobody: without this the command would live on. */
function onParentGone(stop) {
  if (windows || process.env.npm_execpath === undefined) return () => undefined;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, PARENT_POLL_MS);
  return () => clearInterval(watch);
}

function keepNodeOptions(env) {
  const given = env.NODE_OPTIONS?.match(/(?:[^\s"]|"(?:\\.|[^"])*")+/g) ?? [];
  const dropped = given.filter((option) => !NODE_OPTIONS_KEPT.test(option));
  if (dropped.length === 0) return;
  say(`NODE_OPTIONS: left out ${dropped.join(' ')}`);
  env.NODE_OPTIONS = given.filter((option) => NODE_OPTIONS_KEPT.test(option)).join(' ');
}

function onSignals(handle) {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}

function major(version) {
  return Number.parseInt(version, 10);
}

function alive(pid) {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    // A file that is missing, or that another process is just writing, says nothing.
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function tryCreate(file, text) {
  try {
    fs.writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await run(process.argv.slice(2));
}
