import { createInterface } from 'node:readline';
import type { Admin, Client } from '@moldau/client';
import { createColors } from 'picocolors';
import { bootstrapAddresses } from './bootstrap.ts';
import { EXIT, explain, usageError } from './cli-error.ts';
import { durationMs } from './input/duration.ts';
import { type CliIo, write } from './io.ts';
import { envelope, type JsonError, toJson } from './output/json.ts';
import { type Column, table } from './output/table.ts';

/** What every command takes. */
export interface GlobalOptions {
  readonly bootstrapServer?: string;
  readonly output: 'table' | 'json' | 'jsonl';
  readonly headers: boolean;
  readonly timeout: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly verbose: number;
  readonly color: boolean;
}

/** What a command shows. */
export interface Shown<T> {
  /** Of the JSON envelope. */
  readonly kind: string;
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly errors?: readonly JsonError[];
}

/** One run of one command: its options, its client, and how it speaks. */
export class Context {
  readonly io: CliIo;
  readonly options: GlobalOptions;
  #connecting: Promise<Client> | undefined;
  #client: Client | undefined;

  constructor(io: CliIo, options: GlobalOptions) {
    this.io = io;
    this.options = options;
  }

  /** How long calls may take, and what ends them. */
  get call(): { readonly timeoutMs: number; readonly signal: AbortSignal } {
    return { timeoutMs: durationMs(this.options.timeout), signal: this.io.interrupted() };
  }

  client(): Promise<Client> {
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  async admin(): Promise<Admin> {
    return (await this.client()).admin();
  }

  async close(): Promise<void> {
    await this.#client?.close({ drain: false });
  }

  /** Prints the answer. Returns the exit code: whether some of it failed. */
  async show<T>({ kind, items, columns, errors = [] }: Shown<T>): Promise<number> {
    const { output, headers } = this.options;
    if (output === 'json') await write(this.io.stdout, envelope(kind, items, errors));
    else if (output === 'jsonl') for (const item of items) await write(this.io.stdout, `${toJson(item)}\n`);
    else if (items.length > 0 || errors.length === 0) await write(this.io.stdout, table(columns, items, { headers }));
    if (output !== 'json') for (const error of errors) this.tellError(error);
    return errors.length > 0 ? EXIT.someFailed : EXIT.done;
  }

  /** A remark for the person, on stderr; `-q` keeps it away. */
  note(text: string): void {
    if (this.options.quiet !== true) this.io.stderr.write(`${text}\n`);
  }

  /** A failure, in three lines: what, which, and what to try; for programs as one line of JSON. */
  tellError({ code, message, hint, name }: JsonError): void {
    if (this.options.output !== 'table') {
      this.io.stderr.write(`${toJson({ code, message, hint, name })}\n`);
      return;
    }
    const colors = createColors(this.#hasColor());
    const subject = name === undefined ? '' : `${name}: `;
    this.io.stderr.write(`${colors.red('error')}: ${subject}${message}\n`);
    if (code !== 'USAGE' && code !== 'FAILED') this.io.stderr.write(`  why: ${code}\n`);
    if (hint !== undefined && hint !== '') this.io.stderr.write(`  try: ${hint}\n`);
  }

  /** Green or red, where there is color. */
  paint(good: boolean, text: string): string {
    const colors = createColors(this.#hasColor() && this.io.stdout.isTTY === true);
    return good ? colors.green(text) : colors.red(text);
  }

  /**
   * Asks before something is destroyed; no is the default.
   *
   * @throws CliError when the answer is no, or there is nobody to ask and no `-y`
   */
  async confirm(what: string): Promise<void> {
    if (this.options.yes === true) return;
    const { stdin, stderr } = this.io;
    if (stdin.isTTY !== true)
      throw usageError(`${what}: this needs a yes, and there is no terminal to ask on`, 'add -y');
    const lines = createInterface({ input: stdin, output: stderr });
    const signal = this.io.interrupted();
    const answer = await new Promise<string>((resolve) => {
      signal.addEventListener('abort', () => resolve(''), { once: true });
      lines.once('close', () => resolve(''));
      lines.question(`${what}. Continue? [y/N] `, resolve);
    });
    lines.close();
    if (!/^y(es)?$/i.test(answer.trim())) throw usageError('nothing was changed');
  }

  async #connect(): Promise<Client> {
    const bootstrap = await bootstrapAddresses(this.options.bootstrapServer, this.io);
    const { pinoLogger } = await import('@moldau/host');
    const level = this.options.verbose > 1 ? 'debug' : this.options.verbose === 1 ? 'info' : 'silent';
    const logger = pinoLogger({ level });
    this.#client = await this.io.createClient({ bootstrap, clientId: 'moldau-cli', logger });
    return this.#client;
  }

  #hasColor(): boolean {
    const { env, stderr } = this.io;
    return this.options.color && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb' && stderr.isTTY === true;
  }
}

/** The items of a failed call that can be told one by one; undefined when the failure is of another kind. */
export function itemErrors(
  error: unknown,
): { readonly done: readonly string[]; readonly errors: readonly JsonError[] } | undefined {
  if (!(error instanceof Error) || error.name !== 'PartialFailureError' || !('outcomes' in error)) return undefined;
  const outcomes = error.outcomes as readonly { name: string; error: Error | undefined }[];
  const errors = outcomes.flatMap(({ name, error: each }) => {
    const explained = each === undefined ? undefined : explain(each);
    return explained === undefined
      ? []
      : [{ name, code: explained.code, message: explained.message, hint: explained.hint }];
  });
  return { done: outcomes.filter((each) => each.error === undefined).map(({ name }) => name), errors };
}
