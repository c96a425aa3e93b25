import type { NodeId } from '@moldau/base';
import type { ReplicaAssignment } from '@moldau/proto';

/** What is wrong with an explicit assignment of new partitions and what to do; undefined when it is valid. */
export function assignmentProblem(
  assignments: readonly ReplicaAssignment[],
  options: {
    /** Number of the first new partition. */
    readonly firstPartition: number;
    /** Given when the topic has partitions already: all have as many replicas. */
    readonly replicationFactor?: number;
    readonly isRegistered: (brokerId: NodeId) => boolean;
    readonly isActive: (brokerId: NodeId) => boolean;
  },
): string | undefined {
  const numbers = assignments.map(({ partition }) => partition).sort((left, right) => left - right);
  const { firstPartition } = options;
  if (numbers.some((partition, index) => partition !== firstPartition + index)) {
    return `The assignment must name each new partition once, from ${firstPartition} to ${firstPartition + assignments.length - 1}; it names ${numbers.join(', ')}.`;
  }
  const replicationFactor = options.replicationFactor ?? assignments[0]?.brokerIds.length ?? 0;
  for (const { partition, brokerIds } of assignments) {
    if (brokerIds.length === 0) return `Partition ${partition} is assigned to no broker. Name at least one.`;
    if (brokerIds.length !== replicationFactor) {
      return `Partition ${partition} is assigned to ${brokerIds.length} brokers, others to ${replicationFactor}. Give all partitions of a topic as many replicas.`;
    }
    if (new Set(brokerIds).size !== brokerIds.length)
      return `Partition ${partition} is assigned to a broker twice. Name each broker once.`;
    const unknown = brokerIds.find((id) => !options.isRegistered(id));
    if (unknown !== undefined)
      return `Partition ${partition} is assigned to broker ${unknown}, which is not registered. Name brokers of this cluster.`;
    if (!brokerIds.some(options.isActive)) {
      return `Partition ${partition} is assigned to brokers that are all fenced or shutting down. Start one of them first, or name others.`;
    }
  }
  return undefined;
}
