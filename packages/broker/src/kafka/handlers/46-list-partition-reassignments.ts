import { isReassigning, type PartitionState, type TopicImage, topicByName } from '@moldau/metadata';
import { listPartitionReassignments, type ResponseInput } from '@moldau/protocol';
import type { KafkaContext } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type Topic = ResponseInput<typeof listPartitionReassignments>['topics'][number];

/** From the metadata that this broker has applied: what began through it is in there. */
export function listPartitionReassignmentsHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(listPartitionReassignments, ({ topics }) => {
    const image = context.requests.image();
    if (topics === null) return { errorCode: 0, topics: [...image.topics.values()].flatMap((each) => moving(each)) };
    // What is not there does not move: Kafka passes over it as well.
    const asked = new Map<string, Set<number>>();
    for (const { name, partitionIndexes } of topics) {
      asked.set(name, new Set([...(asked.get(name) ?? []), ...partitionIndexes]));
    }
    const found = [...asked].flatMap(([name, numbers]) => {
      const topic = topicByName(image, name);
      return topic === undefined ? [] : moving(topic, numbers);
    });
    return { errorCode: 0, topics: found };
  });
}

function moving({ name, partitions }: TopicImage, numbers?: ReadonlySet<number>): Topic[] {
  const found = partitions.filter(
    (each) => isReassigning(each) && (numbers === undefined || numbers.has(each.partition)),
  );
  return found.length === 0 ? [] : [{ name, partitions: found.map(described) }];
}

function described({ partition, replicas, addingReplicas, removingReplicas }: PartitionState) {
  return {
    partitionIndex: partition,
    replicas: replicas.map(({ brokerId }) => brokerId),
    addingReplicas,
    removingReplicas,
  };
}
