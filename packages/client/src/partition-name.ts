/** A partition of a topic by its name. */
export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

/** Partitions of one topic by their numbers. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number[];
}

/** In the order in which topics come first. */
export function byTopic(partitions: readonly PartitionName[]): readonly TopicPartitions[] {
  const topics = new Map<string, TopicPartitions>();
  for (const { topic, partition } of partitions) {
    const found = topics.get(topic);
    if (found === undefined) topics.set(topic, { topic, partitions: [partition] });
    else found.partitions.push(partition);
  }
  return [...topics.values()];
}

/** As the key of a map; no topic's name has a slash. */
export function partitionKey({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
