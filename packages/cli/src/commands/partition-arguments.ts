/** Arguments that name a topic, all of it, or one partition: `orders`, `orders/3`. */
import type { PartitionName, TopicDescription } from '@moldau/client';
import { usageError } from '../cli-error.ts';

/** @throws CliError for a partition that is not there */
export function partitionsOf(name: string, topics: readonly TopicDescription[]): readonly PartitionName[] {
  const [, number] = splitName(name);
  const found = topics.find((topic) => topic.name === topicOf(name));
  const all = (found?.partitions ?? []).map(({ partition }) => ({ topic: topicOf(name), partition }));
  if (number === undefined) return all;
  const wanted = all.find(({ partition }) => partition === number);
  if (wanted === undefined)
    throw usageError(`topic ${topicOf(name)} has partitions 0 to ${all.length - 1}, not ${number}`);
  return [wanted];
}

export function topicOf(name: string): string {
  return splitName(name)[0];
}

/** Whether it names all partitions of a topic. */
export function isWholeTopic(name: string): boolean {
  return splitName(name)[1] === undefined;
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
