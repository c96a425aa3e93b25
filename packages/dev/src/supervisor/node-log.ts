import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Two files of this size for each node at most: the current one and the one before. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;
/** What is kept to say why a node died. */
const TAIL_BYTES = 4 * 1024;
/** A line longer than this is not one of ours. */
const LINE_CHARS_MAX = 64 * 1024;

/** Takes what a node says on its standard output and error into `node.log`, and picks out errors for people to see. */
export class NodeLog {
  readonly #file: string;
  readonly #onError: (line: string) => void;
  #descriptor: number;
  #bytes: number;
  #line = '';
  #tail = '';

  constructor(file: string, onError: (line: string) => void) {
    this.#file = file;
    this.#onError = onError;
    this.#descriptor = openSync(file, 'a');
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** The last words. */
  get tail(): string {
    return this.#tail;
  }

  write(chunk: Buffer): void {
    if (this.#bytes + chunk.length > FILE_BYTES_MAX) this.#rotate();
    writeSync(this.#descriptor, chunk);
    this.#bytes += chunk.length;
    const text = chunk.toString();
    this.#tail = (this.#tail + text).slice(-TAIL_BYTES);
    const lines = (this.#line + text).split('\n');
    this.#line = (lines.pop() ?? '').slice(-LINE_CHARS_MAX);
    for (const line of lines) {
      const message = errorMessage(line);
      if (message !== undefined) this.#onError(message);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    renameSync(this.#file, `${this.#file}.1`);
    this.#descriptor = openSync(this.#file, 'w');
    this.#bytes = 0;
  }
}

/** What an event of level error says, in one line; undefined for all others. Lines that are no events are kept quiet. */
function errorMessage(line: string): string | undefined {
  if (!line.startsWith('{"level":"error"')) return undefined;
  const event: unknown = JSON.parse(line);
  if (typeof event !== 'object' || event === null) return undefined;
  const { event: what, err } = event as { event?: unknown; err?: { message?: unknown } };
  return [what, err?.message].filter((part) => part !== undefined).join(': ');
}
