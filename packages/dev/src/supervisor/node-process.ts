import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '@moldau/base';
import { SERVER_ENTRY_FILE } from '@moldau/server';
import type { NodePlan } from './cluster-plan.ts';
import { NodeLog } from './node-log.ts';

/**
 * `down` (never started, or ended as it was asked to) -> `running` -> `stopping` -> `down`, or from `running` to
 * `killed` (by `kill`) or `died` (by itself), and back to `running` by `start`.
 */
export type NodeState = 'down' | 'running' | 'stopping' | 'killed' | 'died';

/** How it ended; a code or the signal that ended it. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The pool's size is read when a process starts: four threads can be held up for seconds by slow flushes. */
const THREAD_POOL_SIZE = '16';
const COMPILE_CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/node-compile', import.meta.url));

/** One node of the local cluster as a child process in a process group of its own. */
export class NodeProcess {
  readonly plan: NodePlan;
  readonly #onChange: (node: NodeProcess, exit: NodeExit | undefined) => void;
  readonly #onError: (line: string) => void;
  #child: ChildProcess | undefined;
  #exited: Promise<NodeExit> | undefined;
  #log: NodeLog | undefined;
  #state: NodeState = 'down';

  constructor(
    plan: NodePlan,
    events: { onChange: (node: NodeProcess, exit: NodeExit | undefined) => void; onError: (line: string) => void },
  ) {
    this.plan = plan;
    this.#onChange = events.onChange;
    this.#onError = events.onError;
  }

  get state(): NodeState {
    return this.#state;
  }

  /** Undefined unless a process runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The last words of the node. */
  get lastWords(): string {
    return this.#log?.tail ?? '';
  }

  /** Starts the node with this configuration, which stays in its directory. */
  start(properties: string): void {
    assert(this.#child === undefined, 'a node is started once at a time', { name: this.plan.name });
    const { directory } = this.plan;
    mkdirSync(directory, { recursive: true });
    const file = path.join(directory, 'node.properties');
    writeFileSync(file, properties);
    const log = new NodeLog(path.join(directory, 'node.log'), this.#onError);
    const child = spawn(process.execPath, [SERVER_ENTRY_FILE, '--config', file], {
      // A group of its own: Ctrl-C goes to the supervisor, which then stops the nodes in the right order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: nodeEnvironment(),
    });
    this.#child = child;
    this.#log = log;
    child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => log.write(Buffer.from(`${error.message}\n`)));
      // 'close', not 'exit': by then its last words have been read.
      child.once('close', (code, signal) => {
        log.close();
        this.#child = undefined;
        this.#become(this.#state === 'running' ? 'died' : this.#state === 'killed' ? 'killed' : 'down', {
          code,
          signal,
        });
        resolve({ code, signal });
      });
    });
    this.#become('running', undefined);
  }

  /** Asks it to stop; kills it when it has not after `deadlineMs`. Resolves when the process is gone. */
  async stop(deadlineMs: number): Promise<void> {
    if (!this.#child) return;
    if (this.#state === 'running') this.#become('stopping', undefined);
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), deadlineMs);
    await this.#exited;
    clearTimeout(timer);
  }

  /** kill -9: no clean-up, no last words. Resolves with the pid that is gone; undefined when nothing ran. */
  async kill(): Promise<number | undefined> {
    const pid = this.#child?.pid;
    if (pid === undefined) return undefined;
    this.#become('killed', undefined);
    this.#child?.kill('SIGKILL');
    await this.#exited;
    return pid;
  }

  #become(state: NodeState, exit: NodeExit | undefined): void {
    this.#state = state;
    this.#onChange(this, exit);
  }
}

/** Settings in this shell's environment are for one node, not for all of them: they do not reach the children. */
function nodeEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('MOLDAU_'));
  return {
    NODE_COMPILE_CACHE: COMPILE_CACHE,
    UV_THREADPOOL_SIZE: THREAD_POOL_SIZE,
    ...Object.fromEntries(own),
  };
}
