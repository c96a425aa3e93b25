import type { NodeId, PartitionId } from '@moldau/base';
import { listValue } from './config-value.ts';

/** Replicas of one topic: all of them, or those named, as `partition:broker`. */
export type ThrottledReplicas = '*' | ReadonlySet<string>;

const NONE: ThrottledReplicas = new Set();

/** Values of topics that move at the same time. */
const KNOWN_MAX = 16;
/** A list may name all replicas of a large topic, and is asked for whenever one of its partitions changes. */
const known = new Map<string, ThrottledReplicas>();

/** What a valid value names: the same value, the same object. */
export function throttledReplicas(value: string): ThrottledReplicas {
  if (value === '') return NONE;
  let replicas = known.get(value);
  if (replicas === undefined) {
    if (known.size >= KNOWN_MAX) known.clear();
    replicas = parse(value);
    known.set(value, replicas);
  }
  return replicas;
}

function parse(value: string): ThrottledReplicas {
  if (value.trim() === '*') return '*';
  return new Set(listValue(value).map((item) => item.split(':').map(Number).join(':')));
}

/** Whether it names that broker's replica of the partition. */
export function isThrottled(replicas: ThrottledReplicas, partition: PartitionId, brokerId: NodeId): boolean {
  return replicas === '*' || (replicas.size > 0 && replicas.has(`${partition}:${brokerId}`));
}
