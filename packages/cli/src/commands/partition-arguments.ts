/** Arguments that name a topic, all of it, or one partition: `orders`, `orders/3`. */
import type { PartitionName, TopicDescription } from '@moldau/client';
import { usageError } from '../cli-error.ts';

/** @throws CliError for a partition that is not there, or not named where it must be */
export function partitionsOf(
  name: string,
  topics: readonly TopicDescription[],
  isNumberNeeded: boolean,
): readonly PartitionName[] {
  const [, number] = splitName(name);
  const found = topics.find((topic) => topic.name === topicOf(name));
  const all = (found?.partitions ?? []).map(({ partition }) => ({ topic: topicOf(name), partition }));
  if (number === undefined) {
    if (isNumberNeeded) throw usageError(`${name} names no partition`, 'with --unclean write TOPIC/PARTITION');
    return all;
  }
  const wanted = all.find(({ partition }) => partition === number);
  if (wanted === undefined)
    throw usageError(`topic ${topicOf(name)} has partitions 0 to ${all.length - 1}, not ${number}`);
  return [wanted];
}

export function topicOf(name: string): string {
  return splitName(name)[0];
}

/** A topic's name has no slash. */
function splitName(name: string): readonly [topic: string, partition: number | undefined] {
  const [, topic, number] = /^(.+)\/(\d+)$/.exec(name) ?? [];
  return topic === undefined ? [name, undefined] : [topic, Number(number)];
}

/** As it is named. */
export function keyOf({ topic, partition }: PartitionName): string {
  return `${topic}/${partition}`;
}
