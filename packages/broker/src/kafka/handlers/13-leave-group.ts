import { leaveGroup } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** The first version with several members. */
const BATCHED_FROM = 3;

export function leaveGroupHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(leaveGroup, ({ groupId, memberId, members }, { apiVersion }) => {
    const isBatched = apiVersion >= BATCHED_FROM;
    const leaving = isBatched
      ? members.map((each) => ({ memberId: each.memberId, instanceId: each.groupInstanceId }))
      : [{ memberId, instanceId: null }];
    const left = groups.leave(groupId, leaving);
    if (left.error !== undefined) return { errorCode: outcomeNumber(left.error), members: [] };
    if (!isBatched) return { errorCode: outcomeNumber(left.outcomes[0]), members: [] };
    return {
      errorCode: outcomeNumber(undefined),
      members: leaving.map((each, index) => ({
        memberId: each.memberId,
        groupInstanceId: each.instanceId,
        errorCode: outcomeNumber(left.outcomes[index]),
      })),
    };
  });
}
