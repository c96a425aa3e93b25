import type { Acks, DeliveryReport, ProducerRecord } from '@moldau/client';
import { EXIT, type Explanation, explain, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { lines } from '../input/lines.ts';
import { settings } from '../input/settings.ts';
import type { JsonError } from '../output/json.ts';
import { recordOfJson } from '../output/record-json.ts';

export interface ProduceOptions {
  readonly input: 'lines' | 'jsonl';
  readonly key?: string;
  readonly keySeparator?: string;
  readonly header: readonly string[];
  readonly acks: string;
  readonly partition?: number;
}

interface PartitionSum {
  readonly partition: number;
  records: number;
  firstOffset: bigint;
  lastOffset: bigint;
}

/** Shorter than this a delivery would end before a leader's death is healed. */
const DELIVERY_TIMEOUT_MS_MIN = 1_000;
/** Who mistypes a topic's name should not wait for it. */
const TOPIC_TIMEOUT_MS_MAX = 5_000;

/** Sends each line of standard input, then says what went where. */
export async function produce(context: Context, topic: string, options: ProduceOptions): Promise<number> {
  const toRecord = recordMaker(options);
  const sums = new Map<number, PartitionSum>();
  const failures = new Map<string, JsonError & { count: number }>();
  const client = await context.client();
  const { signal, timeoutMs } = context.call;
  const producer = client.producer({
    acks: acksOf(options.acks),
    lingerMs: 5,
    deliveryTimeoutMs: Math.max(timeoutMs, DELIVERY_TIMEOUT_MS_MIN),
    topicTimeoutMs: Math.min(timeoutMs, TOPIC_TIMEOUT_MS_MAX),
    onDelivery: (report) => account(report, sums, failures),
  });
  // A terminal's input ends at Ctrl-D, so Ctrl-C must be able to end the waiting for the next line.
  const stop = (): void => void context.io.stdin.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const untilEnd = async (): Promise<void> => {
    for await (const line of lines(context.io.stdin)) {
      const record = toRecord(line);
      while (!producer.enqueue(topic, record)) await producer.ready({ signal });
      if (failures.size > 0) break;
    }
  };
  let badInput: Explanation | undefined;
  await untilEnd().catch((error: unknown) => {
    // What came before a bad line is sent all the same.
    badInput = explain(error);
    if (badInput === undefined && !signal.aborted) throw error;
  });
  signal.removeEventListener('abort', stop);
  await producer.flush().catch((error: unknown) => {
    // Those of batches were counted; a topic that could not be found has none.
    const explained = explain(error);
    if (explained === undefined) throw error;
    if (failures.size === 0) failures.set(explained.code, { ...explained, count: 0 });
  });
  const items = [...sums.values()].sort((left, right) => left.partition - right.partition);
  const errors: JsonError[] = [...failures.values()].map(({ code, message, hint, count }) => ({
    code,
    message: count > 0 ? `${count} records: ${message}` : message,
    hint: hint ?? '',
  }));
  if (badInput !== undefined && !signal.aborted) {
    const { code, message, hint } = badInput;
    errors.push({ code, message, hint });
  }
  context.note(`${items.reduce((sum, { records }) => sum + records, 0)} records to ${topic}`);
  const shown = await context.show({
    kind: 'ProducedList',
    items: items.map((item) => ({ topic, ...item })),
    columns: [
      { header: 'PARTITION', value: (item) => item.partition, right: true },
      { header: 'RECORDS', value: (item) => item.records, right: true },
      { header: 'FIRST-OFFSET', value: (item) => item.firstOffset, right: true },
      { header: 'LAST-OFFSET', value: (item) => item.lastOffset, right: true },
    ],
    errors,
  });
  if (signal.aborted) return EXIT.interrupted;
  // As `consume` says of a partition that is not there.
  if (failures.has('INVALID_ARGUMENT')) return EXIT.usage;
  return badInput?.exitCode ?? shown;
}

function account(
  { partition, recordCount, baseOffset, error }: DeliveryReport,
  sums: Map<number, PartitionSum>,
  failures: Map<string, JsonError & { count: number }>,
): void {
  if (error !== undefined) {
    const known = failures.get(error.code);
    // Where the topic itself is wrong, how many lines were read for it until then says nothing.
    const count = partition < 0 ? 0 : recordCount;
    if (known !== undefined) known.count += count;
    else
      failures.set(error.code, {
        code: error.code,
        message: error.message,
        hint: explain(error)?.hint ?? '',
        count,
      });
    return;
  }
  const lastOffset = baseOffset < 0n ? -1n : baseOffset + BigInt(recordCount) - 1n;
  const sum = sums.get(partition) ?? { partition, records: 0, firstOffset: baseOffset, lastOffset };
  sum.records += recordCount;
  if (lastOffset > sum.lastOffset) sum.lastOffset = lastOffset;
  if (baseOffset < sum.firstOffset) sum.firstOffset = baseOffset;
  sums.set(partition, sum);
}

function recordMaker(options: ProduceOptions): (line: Uint8Array) => ProducerRecord {
  const { input, key, keySeparator, partition } = options;
  if (key !== undefined && keySeparator !== undefined) throw usageError('-k and -K exclude one another');
  if (input === 'jsonl' && keySeparator !== undefined) throw usageError('with --input jsonl the key is in the line');
  const headers = settings(options.header).map(([name, value]) => ({ name, value: Buffer.from(value) }));
  const fixedKey = key === undefined ? undefined : Buffer.from(key);
  if (input === 'jsonl') {
    return (line) => {
      const record = recordOfJson(Buffer.from(line).toString());
      return { ...record, key: fixedKey ?? record.key, headers: [...record.headers, ...headers], partition };
    };
  }
  if (keySeparator === undefined) return (line) => ({ key: fixedKey, value: line, headers, partition });
  return (line) => {
    const at = Buffer.from(line).indexOf(keySeparator);
    if (at < 0) throw usageError(`a line has no ${JSON.stringify(keySeparator)} between key and value`);
    const valueAt = at + Buffer.byteLength(keySeparator);
    return { key: line.subarray(0, at), value: line.subarray(valueAt), headers, partition };
  };
}

function acksOf(text: string): Acks {
  if (text === 'all' || text === '-1') return 'all';
  if (text === '0') return 0;
  if (text === '1') return 1;
  throw usageError(`acks are 0, 1 or all, not ${JSON.stringify(text)}`);
}
