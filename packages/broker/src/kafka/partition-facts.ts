import { errorNumber, NO_LEADER, type NodeId } from '@moldau/base';
import type { ClusterImage, PartitionState } from '@moldau/metadata';
import { kafkaNode } from './kafka-context.ts';

/** What Metadata and DescribeTopicPartitions say of a partition alike. */
export interface PartitionFacts {
  readonly errorCode: number;
  readonly partitionIndex: number;
  readonly leaderId: NodeId;
  readonly leaderEpoch: number;
  readonly replicaNodes: readonly NodeId[];
  readonly isrNodes: readonly NodeId[];
  readonly offlineReplicas: readonly NodeId[];
}

/** As the applied metadata has it. */
export function partitionFacts(image: ClusterImage, state: PartitionState): PartitionFacts {
  const replicaNodes = state.replicas.map(({ brokerId }) => brokerId);
  const hasLeader = state.leader !== NO_LEADER && kafkaNode(image.brokers.get(state.leader)) !== undefined;
  return {
    // A leader without a Kafka address is none that this client can ask.
    errorCode: hasLeader ? 0 : errorNumber('LEADER_NOT_AVAILABLE'),
    partitionIndex: state.partition,
    leaderId: hasLeader ? state.leader : NO_LEADER,
    leaderEpoch: state.leaderEpoch,
    replicaNodes,
    isrNodes: state.isr,
    // One that shuts down can still be reached.
    offlineReplicas: replicaNodes.filter((id) => image.brokers.get(id)?.fenced !== false),
  };
}
