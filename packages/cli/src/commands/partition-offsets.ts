import type { Admin, OffsetSpec, TopicDescription } from '@moldau/client';
import type { Context } from '../context.ts';
import { durationMs } from '../input/duration.ts';

/** Leaders that are asked for offsets may be on their way out: what is known without them is shown all the same. */
const OFFSETS_TIMEOUT_MS_MAX = 5_000;

/** By `topic/partition/earliest` and `topic/partition/latest`, as far as leaders tell. */
export async function partitionOffsets(
  context: Context,
  admin: Admin,
  topics: readonly TopicDescription[],
): Promise<ReadonlyMap<string, bigint>> {
  const specs = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ leaderId }) => leaderId >= 0)
      .flatMap(({ partition }): OffsetSpec[] => [
        { topic: name, partition, at: 'earliest' },
        { topic: name, partition, at: 'latest' },
      ]),
  );
  const { signal } = context.call;
  const timeoutMs = Math.min(durationMs(context.options.timeout), OFFSETS_TIMEOUT_MS_MAX);
  try {
    const found = await admin.listOffsets(specs, { signal, timeoutMs });
    return new Map(
      found.map(({ topic, partition, offset }, index) => [`${topic}/${partition}/${String(specs[index]?.at)}`, offset]),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    context.note(`offsets are not shown: ${error instanceof Error ? error.message : String(error)}`);
    return new Map();
  }
}
