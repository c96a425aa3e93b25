import { DiskError, errorNumber, NO_ERROR } from '@moldau/base';
import type { LogDirectory, PartitionLog } from '@moldau/log';
import { type ClusterImage, topicById } from '@moldau/metadata';
import { describeLogDirs, type RequestOf, type ResponseInput } from '@moldau/protocol';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Asked = RequestOf<typeof describeLogDirs>['topics'];
type Directory = ResponseInput<typeof describeLogDirs>['results'][number];
type Topic = Directory['topics'][number];
type Partition = Topic['partitions'][number];

/** Of this broker. Each directory is listed, also one that has nothing of what was asked for, or that cannot be used. */
export function describeLogDirsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(describeLogDirs, async ({ topics }) => {
    const isAsked = filterOf(topics);
    const opened = context.directories.map((directory) => describe(context, directory, isAsked));
    return { errorCode: NO_ERROR, results: [...(await Promise.all(opened)), ...context.unopened.map(offline)] };
  });
}

function filterOf(topics: Asked): (topic: string, partition: number) => boolean {
  if (topics === null) return () => true;
  const asked = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics) {
    const numbers = asked.get(topic) ?? new Set();
    for (const partition of partitions) numbers.add(partition);
    asked.set(topic, numbers);
  }
  return (topic, partition) => asked.get(topic)?.has(partition) === true;
}

async function describe(
  { disk, requests }: KafkaContext,
  directory: LogDirectory,
  isAsked: (topic: string, partition: number) => boolean,
): Promise<Directory> {
  const { path } = directory;
  if (directory.isOffline) return offline(path);
  const topics = topicsIn(requests.image(), directory, isAsked);
  try {
    const { totalBytes, freeBytes } = await disk.space(path);
    return { errorCode: NO_ERROR, logDir: path, topics, totalBytes, usableBytes: freeBytes };
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    requests.logger.warn('the space of a data directory is not known', { path, err: error });
    return offline(path);
  }
}

function offline(logDir: string): Directory {
  return { errorCode: errorNumber('KAFKA_STORAGE_ERROR'), logDir, topics: [] };
}

/** What metadata does not know (any more) has no name. */
function topicsIn(
  image: ClusterImage,
  directory: LogDirectory,
  isAsked: (topic: string, partition: number) => boolean,
): Topic[] {
  const topics = new Map<string, Partition[]>();
  for (const log of directory.logs()) {
    const name = topicById(image, log.name.topicId)?.name;
    if (name === undefined || !isAsked(name, log.name.partition)) continue;
    const partitions = topics.get(name);
    if (partitions === undefined) topics.set(name, [partitionOf(log)]);
    else partitions.push(partitionOf(log));
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}

/** A log knows a high watermark up to its end only, and none is being moved from one directory to another. */
function partitionOf({ name, sizeBytes }: PartitionLog): Partition {
  return { partitionIndex: name.partition, partitionSize: sizeBytes, offsetLag: 0, isFutureKey: false };
}
