import { type PartitionId, type TopicId, topicPartitionKey } from '@moldau/base';
import { allPartitions, type ClusterImage, type PartitionState } from '@moldau/metadata';
import type { PartitionGhost } from '../ghost/partition-ghost.ts';
import { type BrokerView, isChanged, type Observation, type ReplicaView } from '../observation.ts';

/** The newest committed metadata that any controller has applied; undefined before the first. */
export function newestImage({ quorum, newestImage: known }: Observation): ClusterImage | undefined {
  let newest = known;
  for (const { image } of quorum) if (newest === undefined || image.offset > newest.offset) newest = image;
  return newest;
}

/** Brokers whose running process is the one that is registered: an older one no longer counts. */
export function registeredBrokers(observation: Observation, image: ClusterImage): BrokerView[] {
  return observation.brokers.filter((broker) => image.brokers.get(broker.brokerId)?.brokerEpoch === broker.brokerEpoch);
}

export function replicaOf(broker: BrokerView, key: string): ReplicaView | undefined {
  return broker.replicas.find((replica) => replica.key === key);
}

const factsOf = new WeakMap<ClusterImage, readonly PartitionFacts[]>();

/** All partitions that the image knows, with the key that ghosts and replicas go by. */
export function partitionsOf(image: ClusterImage): readonly PartitionFacts[] {
  const known = factsOf.get(image);
  if (known !== undefined) return known;
  const facts = [...allPartitions(image)].map((state) => {
    const { topicId, partition } = state;
    return { topicId, partition, key: topicPartitionKey(topicId, partition), state };
  });
  factsOf.set(image, facts);
  return facts;
}

export interface PartitionFacts {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  readonly key: string;
  readonly state: PartitionState;
}

export interface CurrentLeader extends PartitionFacts {
  readonly broker: BrokerView;
  readonly replica: ReplicaView;
  readonly ghost: PartitionGhost | undefined;
}

const leadersOf = new WeakMap<Observation, readonly CurrentLeader[]>();

/**
 * Leaders, of partitions in which something changed, that are what the newest metadata says: the registered process leads,
 * in the newest epoch, and runs.
 */
export function currentLeaders(observation: Observation): readonly CurrentLeader[] {
  const known = leadersOf.get(observation);
  if (known !== undefined) return known;
  const leaders: CurrentLeader[] = [];
  leadersOf.set(observation, leaders);
  const image = newestImage(observation);
  if (image === undefined) return leaders;
  const registered = registeredBrokers(observation, image);
  for (const facts of partitionsOf(image)) {
    if (!isChanged(observation, facts.key)) continue;
    const broker = registered.find((each) => each.brokerId === facts.state.leader);
    const replica = broker && replicaOf(broker, facts.key);
    if (broker === undefined || replica?.role !== 'leader' || replica.leaderEpoch !== facts.state.leaderEpoch) continue;
    leaders.push({ ...facts, broker, replica, ghost: observation.ghost.partition(facts.key) });
  }
  return leaders;
}
