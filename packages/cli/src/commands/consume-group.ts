import type { OffsetReset } from '@moldau/client';
import { EXIT, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';
import { parseStartOffset } from '../input/start-offset.ts';
import type { ConsumeOptions } from './consume.ts';
import { recordPrinter } from './record-printer.ts';

/**
 * Prints records as a member of a group, until there are enough of them or Ctrl-C: then what was printed is committed, and the
 * member leaves.
 */
export async function consumeAsMember(
  context: Context,
  topics: readonly string[],
  options: ConsumeOptions & { readonly group: string },
): Promise<number> {
  const { group, count = Infinity, partitions, untilEnd = false, format } = options;
  if (partitions !== undefined) throw usageError('-p and -g exclude one another', 'the group shares the partitions');
  if (untilEnd)
    throw usageError('--until-end and -g exclude one another', 'stop after some records with -n, or with Ctrl-C');
  const autoOffsetReset = resetAt(options.offset);
  const { signal } = context.call;
  // Who asks for what is not there is told at once, as without a group.
  await (await context.admin()).describeTopics(topics, context.call);
  const client = await context.client();
  const printer = recordPrinter(context, format);
  let interrupted = false;
  if (count > 0) {
    await using consumer = client.consumer({ group, topics, autoOffsetReset, signal });
    let left = count;
    try {
      for await (const { topic, partition, messages } of consumer.batches()) {
        const shown = messages.slice(0, left);
        await printer.print(shown);
        left -= shown.length;
        if (left > 0) continue;
        // The rest of the batch is for the next who reads.
        const next = (shown.at(-1)?.offset ?? 0n) + 1n;
        await consumer.commit([{ topic, partition, offset: next }], context.call);
        break;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      interrupted = true;
    }
  }
  const code = await printer.end();
  return interrupted ? EXIT.interrupted : code;
}

/** Where the group begins what it has not committed anything of. @throws CliError */
function resetAt(text: string): OffsetReset {
  const place = parseStartOffset(text, Date.now());
  if (place.kind === 'start' && place.plus === 0n) return 'earliest';
  if (place.kind === 'end' && place.minus === 0n) return 'latest';
  if (place.kind === 'time') return { durationMs: Math.max(Date.now() - place.timestamp, 1) };
  throw usageError(
    `with -g, -O says where to begin what the group has not read yet: ${JSON.stringify(text)} is no such place`,
    'write start, end or @TIME; npx moldau group seek moves a group elsewhere',
  );
}
