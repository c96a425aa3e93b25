import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import { ClientProcess, type Command } from './client-process.ts';
import type {
  AdminAnswer,
  InteropClient,
  Member,
  MemberOptions,
  ReadRecord,
  Sample,
  SendOptions,
  ValueStream,
} from './interop-client.ts';

/** Between key and value, and behind each record: bytes that no sample holds. */
const KEY_END = '\u001e';
const RECORD_END = '\u001d';
/** Sizes first, so that keys and values may hold anything. */
const FORMAT = '%t %p %o %T %K %S\\n%k%s%h\\n';

/** kcat: what others are told by calls it is told by arguments. */
export class KcatClient implements InteropClient {
  readonly version: string;
  readonly #command: Command;
  readonly #bootstrap: string;

  constructor(command: Command, bootstrap: string) {
    this.#command = command;
    this.#bootstrap = bootstrap;
    const said = execFileSync(command.program, ['-V'], { env: { ...process.env, ...command.env }, encoding: 'utf8' });
    const [, version, librdkafka] = /Version (\S+) .*librdkafka (\S+)/.exec(said) ?? [];
    this.version = `${version} (librdkafka ${librdkafka})`;
  }

  /** One run for each: key, headers and "empty means null" are its arguments. */
  async send(topic: string, samples: readonly Sample[], options: SendOptions = {}): Promise<(string | undefined)[]> {
    const refusals: (string | undefined)[] = [];
    for (const { key, value, headers } of samples) {
      const argv = ['-D', RECORD_END, ...headers.flatMap(([name, data]) => ['-H', `${name}=${data}`])];
      if (key !== null) argv.push('-K', KEY_END);
      if (value === null) argv.push('-Z');
      const process = this.#produce(topic, options, argv);
      if (key !== null) process.write(Buffer.concat([key, Buffer.from(KEY_END)]));
      if (value !== null) process.write(value);
      process.write(RECORD_END);
      const end = process.finish();
      refusals.push(
        await end.then(
          () => undefined,
          () => process.complaints,
        ),
      );
    }
    return refusals;
  }

  stream(topic: string, options: SendOptions = {}): ValueStream {
    const values: string[] = [];
    const process = this.#produce(topic, options, ['-X', 'linger.ms=5']);
    return {
      send: (value) => {
        values.push(value);
        process.write(`${value}\n`);
      },
      // It says nothing of a record that was delivered; its exit code counts those that were not.
      finish: async () => {
        await process.finish();
        return values;
      },
    };
  }

  async read(topics: readonly string[], count: number, fromMs?: number): Promise<ReadRecord[]> {
    const from = fromMs === undefined ? 'beginning' : `s@${fromMs}`;
    const records: ReadRecord[] = [];
    for (const topic of topics) {
      const argv = ['-C', '-q', '-t', topic, '-o', from, '-e', '-f', FORMAT];
      const process = new ClientProcess(this.#command, [...this.#base(), ...argv]);
      const out = process.child.stdout ? buffer(process.child.stdout) : Promise.resolve(Buffer.alloc(0));
      await process.finish();
      records.push(...parseAll(await out));
    }
    return records.slice(0, count);
  }

  join({ group, topic, sessionMs, heartbeatMs, instance, assignor }: MemberOptions): Member {
    const values: string[] = [];
    const times = ['-X', `session.timeout.ms=${sessionMs}`, '-X', `heartbeat.interval.ms=${heartbeatMs}`];
    const own = ['auto.offset.reset=earliest', 'fetch.wait.max.ms=200'];
    if (instance !== undefined) own.push(`group.instance.id=${instance}`);
    if (assignor !== undefined) own.push(`partition.assignment.strategy=${assignor}`);
    const process = new ClientProcess(
      this.#command,
      [...this.#base(), ...times, ...own.flatMap((option) => ['-X', option]), '-u', '-f', '%s\\n', '-G', group, topic],
      (line) => values.push(line),
    );
    return {
      get assigned() {
        process.mustLive();
        return historyOf(process.complaints).at(-1);
      },
      get history() {
        return historyOf(process.complaints);
      },
      values,
      kill: () => process.kill(),
      leave: () => process.stop(),
    };
  }

  async administer(): Promise<AdminAnswer[]> {
    throw new Error('kcat has no administration');
  }

  #produce(topic: string, { compression, idempotent, bytesMax }: SendOptions, argv: readonly string[]): ClientProcess {
    const options = [
      ...(compression === undefined ? [] : ['-z', compression]),
      ...(idempotent ? ['-X', 'enable.idempotence=true'] : []),
      ...(bytesMax === undefined ? [] : ['-X', `message.max.bytes=${bytesMax}`]),
    ];
    return new ClientProcess(this.#command, [...this.#base(), '-P', '-t', topic, ...options, ...argv]);
  }

  #base(): string[] {
    return ['-b', this.#bootstrap, '-m', '60'];
  }
}

function parseAll(out: Buffer): ReadRecord[] {
  const records: ReadRecord[] = [];
  let at = 0;
  const line = (): string => {
    const end = out.indexOf('\n', at);
    const found = out.subarray(at, end).toString();
    at = end + 1;
    return found;
  };
  const bytes = (length: number): Buffer | null => {
    if (length < 0) return null;
    at += length;
    return out.subarray(at - length, at);
  };
  while (at < out.length) {
    const [topic = '', partition, offset, timestamp, keyLength, valueLength] = line().split(' ');
    const key = bytes(Number(keyLength));
    const value = bytes(Number(valueLength));
    records.push({
      topic,
      partition: Number(partition),
      offset: Number(offset),
      timestampMs: Number(timestamp),
      key,
      value,
      headers: headersOf(line()),
    });
  }
  return records;
}

/** What it held after each rebalance that it told. All of it changes, unless it says "incremental". */
function historyOf(complaints: string): (readonly number[])[] {
  const history: (readonly number[])[] = [];
  for (const [line, verb = ''] of complaints.matchAll(
    /^% Group .* rebalanced.*: ?(?:incremental )?(assign|revoke).*$/gm,
  )) {
    const named = [...line.matchAll(/ \[(\d+)\]/g)].map(([, partition]) => Number(partition));
    const held = line.includes('incremental') || verb === 'revoke' ? (history.at(-1) ?? []) : [];
    const rest = held.filter((partition) => !named.includes(partition));
    history.push((verb === 'assign' ? [...rest, ...named] : rest).toSorted((a, b) => a - b));
  }
  return history;
}

function headersOf(line: string): [string, Buffer][] {
  if (line === '') return [];
  return line.split(',').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), Buffer.from(pair.slice(at + 1))];
  });
}
