import { type PartitionId, type TopicId, topicPartitionKey } from '@moldau/base';
import { allPartitions, type ClusterImage, type PartitionState } from '@moldau/metadata';
import type { PartitionGhost } from '../ghost/ghost.ts';
import type { BrokerView, Observation, ReplicaView } from '../observation.ts';

/** The newest committed metadata that any running controller has applied; undefined while none runs. */
export function newestImage({ quorum }: Observation): ClusterImage | undefined {
  let newest: ClusterImage | undefined;
  for (const { image } of quorum) if (newest === undefined || image.offset > newest.offset) newest = image;
  return newest;
}

/** Brokers whose running process is the one that is registered: an older one no longer counts. */
export function registeredBrokers(observation: Observation, image: ClusterImage): BrokerView[] {
  return observation.brokers.filter((broker) => image.brokers.get(broker.brokerId)?.brokerEpoch === broker.brokerEpoch);
}

export function replicaOf(broker: BrokerView, topicId: TopicId, partition: PartitionId): ReplicaView | undefined {
  const key = topicPartitionKey(topicId, partition);
  return broker.replicas.find((replica) => replica.key === key);
}

/** All partitions that the image knows, with the key that ghosts and replicas go by. */
export function* partitionsOf(image: ClusterImage): Iterable<PartitionFacts> {
  for (const state of allPartitions(image)) {
    yield {
      topicId: state.topicId,
      partition: state.partition,
      key: topicPartitionKey(state.topicId, state.partition),
      state,
    };
  }
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

/** Leaders that are what the newest metadata says: the registered process leads, in the newest epoch, and runs. */
export function* currentLeaders(observation: Observation): Iterable<CurrentLeader> {
  const image = newestImage(observation);
  if (image === undefined) return;
  const registered = registeredBrokers(observation, image);
  for (const facts of partitionsOf(image)) {
    const broker = registered.find((each) => each.brokerId === facts.state.leader);
    const replica = broker && replicaOf(broker, facts.topicId, facts.partition);
    if (broker === undefined || replica?.role !== 'leader' || replica.leaderEpoch !== facts.state.leaderEpoch) continue;
    yield { ...facts, broker, replica, ghost: observation.ghost.promised(facts.key) };
  }
}
