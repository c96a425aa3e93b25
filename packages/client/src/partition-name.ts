/** A partition of a topic by its name. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** As the key of a map; no topic's name has a slash. */
export function partitionKey({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
