import type { Assignment, Consumer, Message, PartitionName } from '@moldau/client';
import { EXIT, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { parseStartOffset } from '../input/start-offset.ts';
import { consumeAsMember } from './consume-group.ts';
import { type Place, placesOf } from './record-places.ts';
import { recordPrinter } from './record-printer.ts';

export interface ConsumeOptions {
  readonly offset: string;
  readonly count?: number;
  readonly partitions?: readonly number[];
  readonly untilEnd?: boolean;
  readonly format?: string;
  readonly group?: string;
}

/** Prints records as they come, until there are enough of them, or the end as it was at the beginning, or Ctrl-C. */
export async function consume(context: Context, topics: readonly string[], options: ConsumeOptions): Promise<number> {
  const { count, untilEnd = false, format, group } = options;
  const { output } = context.options;
  if (output === 'json' && count === undefined && !untilEnd) {
    throw usageError('-o json is one document and needs an end', 'use -o jsonl, or add -n N or --until-end');
  }
  if (format !== undefined && output !== 'table') throw usageError('-f and -o exclude one another');
  if (group !== undefined) return await consumeAsMember(context, topics, { ...options, group });
  const start = parseStartOffset(options.offset, Date.now());
  const { signal } = context.call;
  const printer = recordPrinter(context, format);
  const places = await placesOf(context, topics, options.partitions, start);
  const client = await context.client();
  const assignments = places.map(({ topic, partition, start: from }): Assignment => ({ topic, partition, from }));
  let interrupted = false;
  const open = new Map(places.filter((each) => each.start < each.end).map((each) => [keyOf(each), each]));
  if (count !== 0 && !(untilEnd && open.size === 0)) {
    // `earliest`: what retention takes away while one reads is passed over.
    await using consumer = client.consumer({ assignments, onOffsetOutOfRange: 'earliest', signal });
    const limits = { count: count ?? Infinity, open: untilEnd ? open : undefined };
    const advance = progressOf(context, limits);
    try {
      await read(consumer, limits, async (messages) => {
        await printer.print(messages);
        advance(messages.length);
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      interrupted = true;
    }
  }
  const code = await printer.end();
  return interrupted ? EXIT.interrupted : code;
}

interface Limits {
  readonly count: number;
  /** The partitions whose end is not reached; undefined when there is no end. */
  readonly open: Map<string, Place> | undefined;
}

async function read(
  consumer: Consumer,
  { count, open }: Limits,
  show: (messages: readonly Message[]) => Promise<void>,
): Promise<void> {
  let left = count;
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

/** Takes how many records came. Who reads for ever is not on the way to anywhere, and hears nothing. */
function progressOf(context: Context, { count, open }: Limits): (records: number) => void {
  const { stdout } = context.io;
  if (open === undefined && count === Infinity) return () => undefined;
  const toRead = open === undefined ? Infinity : [...open.values()].reduce((sum, each) => sum + distance(each), 0);
  const total = Math.min(count, toRead);
  const advance = context.progress('record', { isDrawn: stdout.isTTY !== true });
  let done = 0;
  return (records) => {
    done += records;
    advance({ count: done, share: Math.min(done / total, 1) });
  };
}

function distance({ start, end }: Place): number {
  return Number(end - start);
}

function keyOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
