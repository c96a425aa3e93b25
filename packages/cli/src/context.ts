import { createInterface } from 'node:readline';
import type { Admin, Client } from '@moldau/client';
import { createColors } from 'picocolors';
import { bootstrapAddresses } from './bootstrap.ts';
import { EXIT, type Explanation, explain, usageError } from './cli-error.ts';
import { durationMs } from './input/duration.ts';
import { type CliIo, write } from './io.ts';
import { envelope, type JsonError, toJson } from './output/json.ts';
import { type Listed, Listing, type OutputFormat } from './output/listing.ts';
import { type Done, Progress } from './output/progress.ts';

/** What every command takes. */
export interface GlobalOptions {
  readonly bootstrapServer?: string;
  readonly output: OutputFormat;
  readonly headers: boolean;
  readonly timeout: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly verbose: number;
  readonly color: boolean;
}

/** What a command shows. */
export interface Shown<T> extends Listed<T> {
  readonly items: readonly T[];
  readonly errors?: readonly JsonError[];
}

/** An answer that comes in parts. */
export interface OpenListing<T> {
  add(items: readonly T[]): Promise<void>;
  /** Returns the exit code: whether some of it failed. */
  end(errors?: readonly JsonError[]): Promise<number>;
}

/** Who waits longer without a word believes that nothing happens. */
const SILENCE_MS_MAX = 1_000;

/** One run of one command: its options, its client, and how it speaks. */
export class Context {
  readonly io: CliIo;
  readonly options: GlobalOptions;
  #connecting: Promise<Client> | undefined;
  #contact: Promise<void> | undefined;
  #client: Client | undefined;
  /** What was begun on stdout and not ended. */
  #listing: { end(errors: readonly JsonError[]): Promise<void> } | undefined;
  /** One document is on stdout, and there can be no other. */
  #isAnswered = false;
  #progress: Progress | undefined;
  #saidWaiting = false;

  constructor(io: CliIo, options: GlobalOptions) {
    this.io = io;
    this.options = options;
  }

  /** How long calls may take, and what ends them. */
  get call(): { readonly timeoutMs: number; readonly signal: AbortSignal } {
    return { timeoutMs: durationMs(this.options.timeout), signal: this.io.interrupted() };
  }

  /**
   * The client, once a broker has answered it: from then on what fails is the command, not the way to the cluster.
   *
   * @throws MoldauError, CliError
   */
  async client(): Promise<Client> {
    this.#connecting ??= this.#connect();
    const client = await this.#connecting;
    this.#contact ??= this.#firstContact(client).catch((error: unknown) => {
      // The next call may find the cluster: health --watch waits for that.
      this.#contact = undefined;
      throw error;
    });
    await this.#contact;
    return client;
  }

  async admin(): Promise<Admin> {
    return (await this.client()).admin();
  }

  async close(): Promise<void> {
    await this.#client?.close({ drain: false });
  }

  /** Prints the answer. Returns the exit code: whether some of it failed. */
  async show<T>({ items, errors = [], ...listed }: Shown<T>): Promise<number> {
    const listing = this.listing(listed);
    await listing.add(items);
    return await listing.end(errors);
  }

  /** The document of a command that answers nothing: with `-o json` stdout holds one all the same. */
  async showNothing(kind: string): Promise<void> {
    if (this.options.output === 'json') await this.show({ kind, items: [], columns: [] });
  }

  /** Begins an answer that is printed as it comes. A failure before its end becomes part of it. */
  listing<T>(listed: Listed<T>): OpenListing<T> {
    const listing = new Listing(this.io.stdout, listed, this.options);
    this.#listing = listing;
    return {
      add: (items) => listing.add(items),
      end: async (errors = []) => {
        this.#listing = undefined;
        this.#isAnswered = true;
        this.#progress?.erase();
        await listing.end(errors);
        if (this.options.output !== 'json') for (const error of errors) this.tellError(error);
        return errors.length > 0 ? EXIT.someFailed : EXIT.done;
      },
    };
  }

  /** Ends the run with a failure: on stderr, and with `-o json` in the document on stdout, begun or not. */
  async fail({ code, message, hint, exitCode }: Explanation): Promise<void> {
    const errors = [{ code, message, hint }];
    this.#progress?.erase();
    if (this.#listing !== undefined) await this.#listing.end(errors);
    else if (this.options.output === 'json' && !this.#isAnswered)
      await write(this.io.stdout, envelope('Error', [], errors));
    this.#listing = undefined;
    // Who pressed Ctrl-C knows.
    if (exitCode !== EXIT.interrupted) this.tellError({ code, message, hint });
  }

  /**
   * How far a long command is, for stderr. Nothing with `-q`, and nothing drawn where the records themselves go to the
   * terminal or come from it.
   */
  progress(noun: string, { isDrawn }: { readonly isDrawn: boolean }): (done: Done) => void {
    const { stderr } = this.io;
    if (this.options.quiet === true || (stderr.isTTY === true && !isDrawn)) return () => undefined;
    const progress = new Progress(stderr, noun, this.io.nowMs);
    this.#progress = progress;
    return (done) => progress.update(done);
  }

  /** A remark for the person, on stderr; `-q` keeps it away. */
  note(text: string): void {
    if (this.options.quiet === true) return;
    this.#progress?.erase();
    this.io.stderr.write(`${text}\n`);
  }

  /** A failure, in three lines: what, which, and what to try; for programs as one line of JSON. */
  tellError({ code, message, hint, name }: JsonError): void {
    this.#progress?.erase();
    if (this.options.output !== 'table') {
      this.io.stderr.write(`${toJson({ code, message, hint, name })}\n`);
      return;
    }
    const colors = createColors(this.#hasColor());
    const subject = name === undefined || message.includes(name) ? '' : `${name}: `;
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
   * Asks before something is destroyed; no is the default. With `typed` a y does not do: that text is wanted.
   *
   * @throws CliError when the answer is no, or there is nobody to ask and no `-y`
   */
  async confirm(what: string, typed?: { readonly text: string; readonly what: string }): Promise<void> {
    if (this.options.yes === true) return;
    if (this.io.stdin.isTTY !== true)
      throw usageError(`${what}: this needs a yes, and there is no terminal to ask on`, 'add -y');
    const question = typed === undefined ? 'Continue? [y/N]' : `Type ${typed.what} (${typed.text}) to go on:`;
    const answer = (await this.#ask(`${what}. ${question} `)).trim();
    const isYes = typed === undefined ? /^y(es)?$/i.test(answer) : answer === typed.text;
    if (!isYes) throw usageError('nothing was changed');
  }

  async #ask(question: string): Promise<string> {
    const lines = createInterface({ input: this.io.stdin, output: this.io.stderr });
    const signal = this.io.interrupted();
    const answer = await new Promise<string>((resolve) => {
      signal.addEventListener('abort', () => resolve(''), { once: true });
      lines.once('close', () => resolve(''));
      lines.question(question, resolve);
    });
    lines.close();
    return answer;
  }

  async #connect(): Promise<Client> {
    const bootstrap = await this.#bootstrap();
    const { pinoLogger } = await import('@moldau/host');
    const level = this.options.verbose > 1 ? 'debug' : this.options.verbose === 1 ? 'info' : 'silent';
    const logger = pinoLogger({ level });
    this.#client = await this.io.createClient({ bootstrap, clientId: 'moldau-cli', logger });
    return this.#client;
  }

  #bootstrap(): Promise<readonly string[]> {
    return bootstrapAddresses(this.options.bootstrapServer, this.io);
  }

  /** Any broker answers this; how long it took to find one is said. */
  async #firstContact(client: Client): Promise<void> {
    const addresses = (await this.#bootstrap()).join(', ');
    const timer = setTimeout(() => {
      if (!this.#saidWaiting) this.note(`no answer yet from ${addresses}; waiting for up to ${this.options.timeout}`);
      this.#saidWaiting = true;
    }, SILENCE_MS_MAX);
    try {
      await client.admin().describeCluster(this.call);
    } finally {
      clearTimeout(timer);
    }
  }

  #hasColor(): boolean {
    const { env, stderr } = this.io;
    return this.options.color && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb' && stderr.isTTY === true;
  }
}

/** What became of several things that were asked for at once. */
export interface PartialOutcome {
  readonly done: readonly string[];
  readonly errors: readonly JsonError[];
}

/** The items of a failed call that can be told one by one; undefined when the failure is of another kind. */
export function itemErrors(error: unknown): PartialOutcome | undefined {
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
