import { NO_LEADER_EPOCH, type Ports, randomInteger } from '@moldau/base';
import type { FinalRead } from '../../history/history.ts';
import { awaitNamedEnd } from '../../world/observe/named-ends.ts';
import type { World } from '../../world/world.ts';
import { sleep } from '../client-machine.ts';
import type { WorkloadContext } from '../context.ts';
import { LASTING_TOPICS } from '../topics.ts';
import type { KafkaCluster, TopicPartition } from './kafka-cluster.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import { LinkLost } from './kafka-link.ts';

const RETRY_MS = 300;
const WAIT_MS = 300;
/** Between two polls, as a program that does something with its records. */
const REST_MS = 150;
/** How often it looks whether topics have grown, and where they end. */
const ASK_MS = 700;
/** Then it begins anew, from the beginning. */
const READING_MS = 6_000;
/** Polls in a row that may bring nothing before a last read is begun anew. */
const POLLS_MAX = 200;

/** What a consumer without a group does: reads the lasting topics, and asks where they end. */
export async function readByKafka(context: WorkloadContext, open: () => KafkaCluster, ports: Ports): Promise<void> {
  const { world } = context;
  while (context.loading) {
    const cluster = open();
    // What a follower shows must be as true as what the leader does.
    const from = randomInteger(ports.random, 0, 2) === 0 ? 'leaders' : 'any replica';
    const fetcher = new KafkaFetcher(world, cluster, from);
    const endMs = ports.clock.nowMs() + READING_MS;
    let askMs = 0;
    while (context.loading && ports.clock.nowMs() < endMs) {
      if (ports.clock.nowMs() >= askMs) {
        askMs = ports.clock.nowMs() + ASK_MS;
        await cluster.refresh(LASTING_TOPICS);
        for (const at of partitionsOf(cluster)) {
          if (fetcher.position(`${at.topic}/${at.partition}`) === undefined)
            fetcher.add(at, undefined, NO_LEADER_EPOCH);
          await askEnd(world, cluster, at);
        }
      }
      await fetcher.poll(WAIT_MS);
      await sleep(ports, REST_MS);
    }
    cluster.close();
    await sleep(ports, RETRY_MS);
  }
}

/** Where a partition ends; undefined when nobody can say. */
async function askEnd(world: World, cluster: KafkaCluster, at: TopicPartition): Promise<number | undefined> {
  const brokerId = cluster.leader(at.topic, at.partition)?.place.leaderId;
  const topicId = world.ghost.topicIds.get(at.topic) ?? '';
  const judge = awaitNamedEnd(world, brokerId, { topicId, partition: at.partition });
  try {
    const end = await cluster.offset(at, 'latest');
    if (end !== undefined) judge?.(end);
    return end;
  } catch (error) {
    if (!(error instanceof LinkLost)) throw error;
    return undefined;
  }
}

/** All that is in a partition; undefined when it could not be read now. */
export async function readPartitionByKafka(
  world: World,
  cluster: KafkaCluster,
  at: TopicPartition,
): Promise<readonly FinalRead[] | undefined> {
  await cluster.refresh([at.topic]);
  const end = await askEnd(world, cluster, at);
  if (end === undefined) return undefined;
  const reads: FinalRead[] = [];
  const fetcher = new KafkaFetcher(world, cluster);
  fetcher.add(at, undefined, NO_LEADER_EPOCH);
  const position = fetcher.position(`${at.topic}/${at.partition}`);
  for (let polls = 0; end > 0 && (position?.offset ?? 0) < end; polls++) {
    if (polls >= POLLS_MAX) return undefined;
    reads.push(...(await fetcher.poll(WAIT_MS)));
    if (position?.offset === undefined) await sleep(cluster.ports, RETRY_MS);
  }
  return reads.filter(({ offset }) => offset < end);
}

function* partitionsOf(cluster: KafkaCluster): Iterable<TopicPartition> {
  for (const topic of LASTING_TOPICS) {
    for (let partition = 0; partition < cluster.partitionCount(topic); partition++) yield { topic, partition };
  }
}
