import type { NodeId, PartitionId } from '@moldau/base';
import { listValue } from './config-value.ts';

/** Replicas of one topic: all of them, or those named, as `partition:broker`. */
export type ThrottledReplicas = '*' | ReadonlySet<string>;

const NONE: ThrottledReplicas = new Set();

/** What a valid value names. */
export function throttledReplicas(value: string): ThrottledReplicas {
  if (value === '') return NONE;
  if (value.trim() === '*') return '*';
  return new Set(listValue(value).map((item) => item.split(':').map(Number).join(':')));
}

/** Whether it names that broker's replica of the partition. */
export function isThrottled(replicas: ThrottledReplicas, partition: PartitionId, brokerId: NodeId): boolean {
  return replicas === '*' || (replicas.size > 0 && replicas.has(`${partition}:${brokerId}`));
}
