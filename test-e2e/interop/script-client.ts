import { ClientProcess, type Command } from './client-process.ts';
import {
  type AdminAnswer,
  type AdminStep,
  type InteropClient,
  type Member,
  type MemberOptions,
  type ReadRecord,
  type Sample,
  type SendOptions,
  sampleOf,
  type ValueStream,
} from './interop-client.ts';

/** What the programs in `clients/` write, one a line. */
interface Line extends AdminAnswer {
  readonly version?: string;
  readonly sent?: number;
  readonly failed?: number;
  readonly assigned?: readonly number[];
  readonly record?: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly timestamp: number;
    readonly key: string | null;
    readonly value: string | null;
    readonly headers: readonly (readonly [string, string | null])[];
  };
}

/** A client library, driven by a program of ours in its language. */
export class ScriptClient implements InteropClient {
  readonly version: string;
  readonly #command: Command;
  readonly #bootstrap: string;

  private constructor(command: Command, bootstrap: string, version: string) {
    this.#command = command;
    this.#bootstrap = bootstrap;
    this.version = version;
  }

  static async open(command: Command, bootstrap: string): Promise<ScriptClient> {
    let version = '';
    await new ClientProcess(command, ['version'], (line) => {
      version = parse(line).version ?? '';
    }).finish();
    return new ScriptClient(command, bootstrap, version);
  }

  async send(topic: string, samples: readonly Sample[], options: SendOptions = {}): Promise<(string | undefined)[]> {
    const told = new Map<number, string | undefined>();
    const process = this.#start('produce', produceOptions(topic, options), ({ sent, failed, error }) => {
      if (sent !== undefined) told.set(sent, undefined);
      if (failed !== undefined) told.set(failed, error);
    });
    for (const sample of samples) process.write(lineOf(sample));
    await process.finish();
    return samples.map((_, index) => (told.has(index) ? told.get(index) : 'it said nothing'));
  }

  stream(topic: string, options: SendOptions = {}): ValueStream {
    const values: string[] = [];
    const acknowledged: string[] = [];
    const process = this.#start('produce', produceOptions(topic, options), ({ sent }) => {
      const value = sent === undefined ? undefined : values[sent];
      if (value !== undefined) acknowledged.push(value);
    });
    return {
      send: (value) => {
        values.push(value);
        process.write(lineOf(sampleOf(value)));
      },
      finish: async () => {
        await process.finish();
        return acknowledged;
      },
    };
  }

  async read(topics: readonly string[], count: number, fromMs?: number): Promise<ReadRecord[]> {
    const records: ReadRecord[] = [];
    const options = { topics, count, ...(fromMs !== undefined && { timestamp: fromMs }) };
    await this.#start('consume', options, (line) => keep(line, records)).finish();
    return records;
  }

  join(options: MemberOptions): Member {
    const records: ReadRecord[] = [];
    const history: (readonly number[])[] = [];
    const process = this.#start('member', { ...options }, (line) => {
      keep(line, records);
      if (line.assigned !== undefined) history.push(line.assigned.toSorted((a, b) => a - b));
    });
    return {
      get assigned() {
        process.mustLive();
        return history.at(-1);
      },
      history,
      get values() {
        return records.map(({ value }) => String(value));
      },
      kill: () => process.kill(),
      leave: () => process.stop(),
    };
  }

  async administer(steps: readonly AdminStep[]): Promise<AdminAnswer[]> {
    const answers: AdminAnswer[] = [];
    await this.#start('admin', { steps }, ({ answer, error }) => {
      answers.push({ answer, ...(error !== undefined && { error }) });
    }).finish();
    return answers;
  }

  #start(command: string, options: object, onLine: (line: Line) => void): ClientProcess {
    const given = JSON.stringify({ bootstrap: this.#bootstrap, ...options });
    return new ClientProcess(this.#command, [command, given], (line) => onLine(parse(line)));
  }
}

function produceOptions(topic: string, { compression, idempotent, bytesMax }: SendOptions): object {
  return { topic, compression, idempotent, maxBytes: bytesMax };
}

function keep({ record }: Line, records: ReadRecord[]): void {
  if (record === undefined) return;
  const { timestamp, key, value, headers, ...place } = record;
  records.push({
    ...place,
    timestampMs: timestamp,
    key: decoded(key),
    value: decoded(value),
    headers: headers.map(([name, data]) => [name, decoded(data) ?? Buffer.alloc(0)]),
  });
}

function lineOf({ key, value, headers, timestampMs }: Sample): string {
  const encoded = {
    key: key?.toString('base64') ?? null,
    value: value?.toString('base64') ?? null,
    headers: headers.map(([name, data]) => [name, data.toString('base64')]),
    timestamp: timestampMs,
  };
  return `${JSON.stringify(encoded)}\n`;
}

function decoded(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}

function parse(line: string): Line {
  return JSON.parse(line) as Line;
}
