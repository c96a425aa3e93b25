import { offsetCommit } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** The first version that names topics by id. */
const BY_ID_FROM = 10;

export function offsetCommitHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(offsetCommit, async (request, { apiVersion }) => {
    const { groupId, memberId, groupInstanceId, retentionTimeMs } = request;
    const offsets = request.topics.flatMap(({ name, topicId, partitions }) =>
      partitions.map((each) => ({
        topic: apiVersion >= BY_ID_FROM ? '' : name,
        topicId,
        partition: each.partitionIndex,
        offset: each.committedOffset,
        leaderEpoch: each.committedLeaderEpoch,
        metadata: each.committedMetadata ?? '',
      })),
    );
    const outcomes = await groups.commit(groupId, {
      memberId,
      instanceId: groupInstanceId,
      generation: request.generationIdOrMemberEpoch,
      retentionMs: retentionTimeMs >= 0 ? retentionTimeMs : undefined,
      offsets,
    });
    let next = 0;
    const topics = request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: outcomeNumber(outcomes[next++]),
      })),
    }));
    return { topics };
  });
}
