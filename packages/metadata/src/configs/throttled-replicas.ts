import type { NodeId, PartitionId } from '@moldau/base';

/** Replicas of one topic: all of them, or those named, as `partition:broker`. */
export type ThrottledReplicas = '*' | ReadonlySet<string>;

const NONE: ThrottledReplicas = new Set();

/** Whether a value of such a config is valid (KIP-73). */
export function isReplicaList(value: string): boolean {
  return (
    value === '' || value.trim() === '*' || value.split(',').every((item) => /^\s*\d{1,10}:\d{1,10}\s*$/.test(item))
  );
}

/** What a valid value names. */
export function throttledReplicas(value: string): ThrottledReplicas {
  if (value === '') return NONE;
  if (value.trim() === '*') return '*';
  return new Set(value.split(',').map((item) => item.trim().split(':').map(Number).join(':')));
}

/** Whether it names that broker's replica of the partition. */
export function isThrottled(replicas: ThrottledReplicas, partition: PartitionId, brokerId: NodeId): boolean {
  return replicas === '*' || (replicas.size > 0 && replicas.has(`${partition}:${brokerId}`));
}
