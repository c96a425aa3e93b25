import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a program is started, with what stands before the arguments of each run. */
export interface Command {
  readonly program: string;
  readonly first: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Longer than any client waits by itself; what takes longer hangs. */
const RUN_TIMEOUT_MS = 120_000;

/** One run of a client. */
export class ClientProcess {
  readonly child: ChildProcess;
  /** What it said on stderr so far. */
  complaints = '';
  readonly #ended: Promise<number | null>;
  readonly #lines: Promise<void>;

  /** `onLine`: for each line on stdout; without it nobody but `child.stdout` gets them. */
  constructor({ program, first, env }: Command, argv: readonly string[], onLine?: (line: string) => void) {
    this.child = spawn(program, [...first, ...argv], { stdio: 'pipe', env: { ...process.env, ...env } });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.complaints += chunk.toString();
    });
    this.#ended = once(this.child, 'close').then(([code]) => (typeof code === 'number' ? code : null));
    // One that died has said why; the pipe to it says nothing more.
    this.child.stdin?.on('error', () => undefined);
    this.#lines = onLine ? this.#read(onLine) : Promise.resolve();
  }

  write(bytes: string | Uint8Array): void {
    this.child.stdin?.write(bytes);
  }

  /** Whoever waits for it to say something need not when it is gone. @throws when it failed */
  mustLive(): void {
    if (this.child.exitCode) throw this.#failure(this.child.exitCode);
  }

  /** Its input is over: waits until it has done all. @throws when it fails, or does not end */
  async finish(): Promise<void> {
    this.child.stdin?.end();
    const late = setTimeout(() => this.child.kill('SIGKILL'), RUN_TIMEOUT_MS);
    const code = await this.#ended;
    clearTimeout(late);
    await this.#lines;
    if (code !== 0) throw this.#failure(code);
  }

  /** Ends it as whoever uses it would, by SIGTERM. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), RUN_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(late);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  #failure(code: number | null): Error {
    const how = code === null ? `was stopped after ${RUN_TIMEOUT_MS} ms` : `ended with ${code}`;
    return new Error(`${this.child.spawnargs.join(' ')} ${how}: ${this.complaints}`);
  }

  async #read(onLine: (line: string) => void): Promise<void> {
    if (!this.child.stdout) return;
    for await (const line of createInterface({ input: this.child.stdout })) onLine(line);
  }
}
