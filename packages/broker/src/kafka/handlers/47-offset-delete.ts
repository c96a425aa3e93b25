import { offsetDelete } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

export function offsetDeleteHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(offsetDelete, async ({ groupId, topics }) => {
    const wanted = topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
    );
    const deleted = await groups.deleteOffsets(groupId, wanted);
    if (deleted.error !== undefined) return { errorCode: outcomeNumber(deleted.error), topics: [] };
    let next = 0;
    return {
      errorCode: outcomeNumber(undefined),
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: outcomeNumber(deleted.outcomes[next++]),
        })),
      })),
    };
  });
}
