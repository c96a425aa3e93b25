import type { Readable, Writable } from 'node:stream';
import type { Client, NodeClientOptions } from '@moldau/client';

/** A terminal's side of a stream, if it is one. */
interface MaybeTerminal {
  readonly isTTY?: boolean;
}

/** All that a command touches besides files: a test gives its own. */
export interface CliIo {
  readonly stdin: Readable & MaybeTerminal;
  readonly stdout: Writable & MaybeTerminal;
  readonly stderr: Writable & MaybeTerminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.moldau` is looked for. */
  readonly directory: string;
  /** Size of what comes on stdin, where that is a file. */
  readonly inputBytes?: () => number | undefined;
  /** Monotonic, in ms; what is said of long work goes by it. */
  readonly nowMs: () => number;
  /** Aborts at Ctrl-C. Asked for by commands that end cleanly then; the others leave signals to what they run. */
  interrupted(): AbortSignal;
  readonly createClient: (options: NodeClientOptions) => Client | Promise<Client>;
}

/** Waits where the reader is slower than the command. */
export function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (stream.write(chunk) || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
