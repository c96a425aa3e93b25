import type { ReplicaName } from '../journal/partition-frames.ts';

/** Topic id, partition, incarnation: `<22 characters>-<partition>-<incarnation>`. A topic id may hold dashes; its length tells. */
const PATTERN = /^([A-Za-z0-9_-]{22})-(\d{1,10})-(\d{1,16})$/;

export function replicaDirectoryName(name: ReplicaName): string {
  return `${name.topicId}-${name.partition}-${name.incarnation}`;
}

/** undefined when the directory is not a replica's. */
export function parseReplicaDirectoryName(directoryName: string): ReplicaName | undefined {
  const [, topicId, partition, incarnation] = PATTERN.exec(directoryName) ?? [];
  if (topicId === undefined || partition === undefined || incarnation === undefined) return undefined;
  return { topicId, partition: Number(partition), incarnation: Number(incarnation) };
}
