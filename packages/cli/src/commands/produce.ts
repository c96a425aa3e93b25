import type { Acks, CompressionType, Producer } from '@moldau/client';
import { CliError, EXIT, type Explanation, explain, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { lines } from '../input/lines.ts';
import { type RecordOptions, recordMaker } from '../input/record-maker.ts';
import { counted } from '../output/counted.ts';
import { Deliveries } from '../output/deliveries.ts';
import type { JsonError } from '../output/json.ts';
import { checkPartitions, findTopic } from './topic-lookup.ts';

export interface ProduceOptions extends RecordOptions {
  readonly acks: string;
  readonly compression: CompressionType;
}

/** Shorter than this a delivery would end before a leader's death is healed. */
const DELIVERY_TIMEOUT_MS_MIN = 1_000;

/** Sends each line of standard input, then says what went where. */
export async function produce(context: Context, topic: string, options: ProduceOptions): Promise<number> {
  const toRecord = recordMaker(options);
  const acks = acksOf(options.acks);
  // Before the first line is read: what is piped in must not be taken and dropped.
  const found = await findTopic(context, topic);
  if (options.partition !== undefined) checkPartitions(found, [options.partition]);
  const { signal, timeoutMs } = context.call;
  const client = await context.client();
  const deliveries = new Deliveries();
  // A reader like tail -f may have no next line for hours: a failure ends the waiting for it, as Ctrl-C does.
  const failed = new AbortController();
  const producer = client.producer({
    acks,
    compression: options.compression,
    lingerMs: 5,
    deliveryTimeoutMs: Math.max(timeoutMs, DELIVERY_TIMEOUT_MS_MIN),
    onDelivery: (report) => {
      deliveries.settled(report);
      if (report.error !== undefined) failed.abort();
    },
  });
  const badInput = await sendLines({
    context,
    producer,
    deliveries,
    ended: AbortSignal.any([signal, failed.signal]),
    enqueue: (line) => producer.enqueue(topic, toRecord(line)),
  });
  await producer.flush().catch((error: unknown) => {
    // Those that were placed in a batch are counted already.
    if (deliveries.failures.length === 0) deliveries.failed(error, 0);
  });
  return await showDeliveries(context, { topic, deliveries, badInput });
}

interface Sending {
  readonly context: Context;
  readonly producer: Producer;
  readonly deliveries: Deliveries;
  /** Aborts where no more lines are wanted. */
  readonly ended: AbortSignal;
  /** False: no room at the moment. */
  enqueue(line: Uint8Array): boolean;
}

/** Enqueues line after line. What came before a bad line is sent all the same; the line is what comes back. */
async function sendLines({ context, producer, deliveries, ended, enqueue }: Sending): Promise<Explanation | undefined> {
  const { stdin, inputBytes } = context.io;
  const advance = context.progress('record', { isDrawn: stdin.isTTY !== true });
  const totalBytes = inputBytes?.();
  const stop = (): void => void stdin.destroy();
  if (ended.aborted) stop();
  ended.addEventListener('abort', stop, { once: true });
  let lineNumber = 0;
  let readBytes = 0;
  try {
    for await (const line of lines(stdin)) {
      lineNumber++;
      readBytes += line.length + 1;
      while (!ended.aborted && !atLine(lineNumber, () => enqueue(line))) await producer.ready({ signal: ended });
      if (ended.aborted) return undefined;
      const share = totalBytes === undefined || totalBytes === 0 ? undefined : Math.min(readBytes / totalBytes, 1);
      advance({ count: deliveries.records, share });
    }
  } catch (error) {
    if (ended.aborted) return undefined;
    const explained = explain(error);
    if (explained === undefined) throw error;
    return explained;
  } finally {
    ended.removeEventListener('abort', stop);
  }
  return undefined;
}

/** @throws CliError that names the line; what is a bug as it is */
function atLine<T>(lineNumber: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const explained = explain(error);
    if (explained === undefined) throw error;
    throw new CliError(explained.code, `line ${lineNumber}: ${explained.message}`, explained);
  }
}

interface Produced {
  readonly topic: string;
  readonly deliveries: Deliveries;
  readonly badInput: Explanation | undefined;
}

async function showDeliveries(context: Context, { topic, deliveries, badInput }: Produced): Promise<number> {
  const { signal } = context.call;
  const { failures, sums } = deliveries;
  const errors: JsonError[] = [...deliveries.errors()];
  if (badInput !== undefined) {
    const { code, message, hint } = badInput;
    errors.push({ code, message, hint });
  }
  context.note(`${counted(deliveries.records, 'record')} to ${topic}`);
  const shown = await context.show({
    kind: 'ProducedList',
    items: sums.map((sum) => ({ topic, ...sum })),
    columns: [
      { header: 'PARTITION', value: (item) => item.partition, right: true },
      { header: 'RECORDS', value: (item) => item.records, right: true },
      { header: 'FIRST-OFFSET', value: (item) => item.firstOffset, right: true },
      { header: 'LAST-OFFSET', value: (item) => item.lastOffset, right: true },
    ],
    errors,
  });
  if (signal.aborted) return EXIT.interrupted;
  // Wrong usage, or no cluster, only where that is all that happened. Who was reached and could not take it in time was there.
  const [first] = failures;
  if (first !== undefined && first.code !== 'TIMED_OUT' && sums.length === 0) return first.exitCode;
  return failures.length === 0 ? (badInput?.exitCode ?? shown) : shown;
}

function acksOf(text: string): Acks {
  if (text === 'all' || text === '-1') return 'all';
  if (text === '0') return 0;
  if (text === '1') return 1;
  throw usageError(`acks are 0, 1 or all, not ${JSON.stringify(text)}`);
}
