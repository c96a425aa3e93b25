import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicDescription } from '@moldau/client';
import { explain, usageError } from '../cli-error.ts';
import type { Context } from '../context.ts';

/** A topic that was just made has reached every broker by then; who mistyped a name should not wait for longer. */
const TOPIC_NEWS_MS = 2_000;
const RETRY_MS = 100;

/**
 * The topic, also one that another command has just made and that is on its way to the broker that is asked.
 *
 * @throws MoldauError
 */
export async function findTopic(context: Context, name: string): Promise<TopicDescription> {
  const admin = await context.admin();
  const { signal, timeoutMs } = context.call;
  const deadlineMs = performance.now() + Math.min(timeoutMs, TOPIC_NEWS_MS);
  for (;;) {
    try {
      const [found] = await admin.describeTopics([name], context.call);
      if (found !== undefined) return found;
    } catch (error) {
      const isUnknown = explain(error)?.code === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (!isUnknown || performance.now() > deadlineMs || signal.aborted) throw error;
    }
    // An abort is noticed by the next look.
    await sleep(RETRY_MS);
  }
}

/** @throws CliError for a partition that the topic does not have */
export function checkPartitions({ name, partitions }: TopicDescription, wanted: readonly number[]): void {
  const missing = wanted.find((partition) => partition >= partitions.length);
  if (missing === undefined) return;
  throw usageError(`topic ${name} has partitions 0 to ${partitions.length - 1}, not ${missing}`);
}
