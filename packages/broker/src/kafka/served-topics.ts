import type { PartitionId, TopicId } from '@moldau/base';
import { hasReplica, topicByName } from '@moldau/metadata';
import type { KafkaContext } from './kafka-context.ts';

/** Opening a log takes some milliseconds. */
const LOOK_EVERY_MS = 5;
/** A client that comes too early after all is told to ask again; it must not wait for a leader that has died. */
const SERVED_WAIT_MS_MAX = 1_000;

/**
 * Resolves once new partitions are served, as far as this broker can see: those that it leads by itself, those that it follows
 * when their leaders feed it. Who was told of a topic writes to it at once, and a producer with acks=0 would not even hear that
 * the leader was not ready yet.
 */
export async function awaitServed(context: KafkaContext, topics: readonly string[]): Promise<void> {
  const { requests, timers } = context;
  const missing = topics.flatMap((name) => replicasHere(context, name));
  const deadlineMs = requests.clock.nowMs() + SERVED_WAIT_MS_MAX;
  for (;;) {
    while (missing.length > 0 && isServed(context, missing.at(-1))) missing.pop();
    if (missing.length === 0 || requests.clock.nowMs() >= deadlineMs) return;
    await new Promise<void>((resolve) => {
      timers.after(LOOK_EVERY_MS, resolve);
    });
  }
}

interface ReplicaHere {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
}

function replicasHere({ requests }: KafkaContext, name: string): ReplicaHere[] {
  const topic = topicByName(requests.image(), name);
  if (topic === undefined) return [];
  return topic.partitions.flatMap((state, partition) =>
    hasReplica(state, requests.nodeId) ? [{ topicId: topic.topicId, partition }] : [],
  );
}

function isServed({ requests }: KafkaContext, replica: ReplicaHere | undefined): boolean {
  if (replica === undefined) return true;
  return requests.partition(replica.topicId, replica.partition)?.servesReads('any replica') ?? false;
}
