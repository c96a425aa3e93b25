import type { Admin, Assignment, Consumer, Message, OffsetSpec, PartitionName } from '@moldau/client';
import { EXIT, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { parseStartOffset, type StartOffset } from '../input/start-offset.ts';
import { write } from '../io.ts';
import { envelope, toJson } from '../output/json.ts';
import { recordFormat } from '../output/record-format.ts';
import { jsonRecord } from '../output/record-json.ts';

export interface ConsumeOptions {
  readonly offset: string;
  readonly count?: number;
  readonly partitions?: readonly number[];
  readonly untilEnd?: boolean;
  readonly format?: string;
}

interface Place extends PartitionName {
  readonly start: bigint;
  /** Where the partition ended when the command began. */
  readonly end: bigint;
}

/** Prints records as they come, until there are enough of them, or the end as it was at the beginning, or Ctrl-C. */
export async function consume(context: Context, topics: readonly string[], options: ConsumeOptions): Promise<number> {
  const { count, untilEnd = false, format } = options;
  const { output } = context.options;
  if (output === 'json' && count === undefined && !untilEnd) {
    throw usageError('-o json is one document and needs an end', 'use -o jsonl, or add -n N or --until-end');
  }
  if (format !== undefined && output !== 'table') throw usageError('-f and -o exclude one another');
  const start = parseStartOffset(options.offset, Date.now());
  const render = renderer(output, format ?? '%v\n');
  const { signal } = context.call;
  const places = await placesOf(context, topics, options.partitions, start);
  const client = await context.client();
  const assignments = places.map(({ topic, partition, start: from }): Assignment => ({ topic, partition, from }));
  const collected: unknown[] = [];
  let interrupted = false;
  const open = new Map(places.filter((each) => each.start < each.end).map((each) => [keyOf(each), each]));
  if (count !== 0 && !(untilEnd && open.size === 0)) {
    await using consumer = client.consumer({ assignments, onOffsetOutOfRange: 'earliest', signal });
    try {
      await print(consumer, { count: count ?? Infinity, open: untilEnd ? open : undefined }, async (messages) => {
        if (output === 'json') collected.push(...messages.map(jsonRecord));
        else await write(context.io.stdout, Buffer.concat(messages.map(render)));
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      interrupted = true;
    }
  }
  if (output === 'json') await write(context.io.stdout, envelope('RecordList', collected));
  return interrupted ? EXIT.interrupted : EXIT.done;
}

/** `open`: the partitions whose end is not reached; undefined when there is no end. */
async function print(
  consumer: Consumer,
  limits: { readonly count: number; readonly open: Map<string, Place> | undefined },
  show: (messages: readonly Message[]) => Promise<void>,
): Promise<void> {
  const { open } = limits;
  let left = limits.count;
  for await (const { topic, partition, messages } of consumer.batches()) {
    const place = open?.get(keyOf({ topic, partition }));
    const wanted =
      open === undefined ? messages : messages.filter(({ offset }) => place !== undefined && offset < place.end);
    await show(wanted.slice(0, left));
    left -= wanted.length;
    if (place !== undefined && (consumer.position(topic, partition) ?? 0n) >= place.end) open?.delete(keyOf(place));
    if (left <= 0 || open?.size === 0) return;
  }
}

function renderer(output: 'table' | 'json' | 'jsonl', format: string): (message: Message) => Uint8Array {
  if (output !== 'table') return (message) => Buffer.from(`${toJson(jsonRecord(message))}\n`);
  return recordFormat(format);
}

/** The partitions to read, each with the offset to begin at and its end now. */
async function placesOf(
  context: Context,
  topics: readonly string[],
  wanted: readonly number[] | undefined,
  start: StartOffset,
): Promise<readonly Place[]> {
  const admin = await context.admin();
  const described = await admin.describeTopics(topics, context.call);
  const partitions = described.flatMap(({ name, partitions: all }) => {
    const missing = wanted?.find((partition) => partition >= all.length);
    if (missing !== undefined) {
      throw usageError(`topic ${name} has partitions 0 to ${all.length - 1}, not ${missing}`);
    }
    return all
      .filter(({ partition }) => wanted === undefined || wanted.includes(partition))
      .map(({ partition }) => ({ topic: name, partition }));
  });
  const ask = (at: OffsetSpec['at']): Promise<readonly bigint[]> => offsetsAt(context, admin, partitions, at);
  const [starts, ends] = await Promise.all([ask('earliest'), ask('latest')]);
  const times = start.kind === 'time' ? await ask({ timestamp: start.timestamp }) : [];
  return partitions.map((each, index) => {
    const [first, end, time] = [starts[index] ?? 0n, ends[index] ?? 0n, times[index] ?? -1n];
    return { ...each, start: startOf(start, first, end, time), end };
  });
}

async function offsetsAt(
  context: Context,
  admin: Admin,
  partitions: readonly PartitionName[],
  at: OffsetSpec['at'],
): Promise<readonly bigint[]> {
  const found = await admin.listOffsets(
    partitions.map((each) => ({ ...each, at })),
    context.call,
  );
  return found.map(({ offset }) => offset);
}

function startOf(start: StartOffset, first: bigint, end: bigint, time: bigint): bigint {
  switch (start.kind) {
    case 'start':
      return first + start.plus;
    case 'end':
      return end - start.minus > first ? end - start.minus : first;
    case 'offset':
      return start.offset;
    case 'time':
      return time < 0n ? end : time;
  }
}

function keyOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
