import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type CliIo, run } from '@moldau/cli';
import { createClient } from '@moldau/client';
import { until } from './until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What a command said and how it ended. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The one document that stands on stdout with `-o json`. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly errors: readonly { readonly code: string; readonly message: string; readonly hint?: string }[];
}

/** The command as users have it, with a real client, in this process: a process of its own would cost its start. */
export async function moldau(argv: readonly string[], options: { readonly stdin?: string } = {}): Promise<Said> {
  const [out, err] = [new Collector(), new Collector()];
  const stdin = new PassThrough();
  stdin.end(options.stdin ?? '');
  const io: CliIo = {
    stdin,
    stdout: out,
    stderr: err,
    env: {},
    directory: ROOT,
    nowMs: () => performance.now(),
    interrupted: () => new AbortController().signal,
    createClient,
  };
  const code = await run(argv, io);
  return { code, out: out.text, err: err.text };
}

/** @throws when stdout is not one document of the promised form */
export function envelopeOf({ out, err }: Said): Envelope {
  const parsed: unknown = JSON.parse(out);
  if (!isEnvelope(parsed)) throw new Error(`no envelope: ${out}${err}`);
  return parsed;
}

function isEnvelope(parsed: unknown): parsed is Envelope {
  return (
    typeof parsed === 'object' &&
    parsed !== null &&
    Object.keys(parsed).join() === 'apiVersion,kind,items,errors' &&
    'items' in parsed &&
    Array.isArray(parsed.items) &&
    'errors' in parsed &&
    Array.isArray(parsed.errors)
  );
}

class Collector extends Writable {
  readonly #chunks: Uint8Array[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}

/** The command in a process of its own, for signals, pipes and exit codes. */
export class CommandProcess {
  readonly child: ChildProcess;
  /** The exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  out = '';
  err = '';

  /** `file`: another program of this checkout; `stdout`: a descriptor in place of the pipe. */
  constructor(
    argv: readonly string[],
    options: { readonly detached?: boolean; readonly file?: string; readonly stdout?: number } = {},
  ) {
    const file = path.join(ROOT, options.file ?? 'packages/cli/src/main.ts');
    this.child = spawn(process.execPath, [file, ...argv], {
      stdio: ['pipe', options.stdout ?? 'pipe', 'pipe'],
      detached: options.detached ?? false,
      env: { ...process.env, NODE_COMPILE_CACHE: path.join(ROOT, 'node_modules/.cache/node-compile') },
    });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.out += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.err += chunk.toString();
    });
    this.ended = once(this.child, 'close').then(([code]) => (typeof code === 'number' ? code : null));
  }

  async untilSaid(pattern: RegExp): Promise<void> {
    await until(`${pattern} is said`, () => {
      if (pattern.test(this.out) || pattern.test(this.err)) return true;
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}: ${this.out}${this.err}`);
      return false;
    });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
