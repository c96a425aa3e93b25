import { syncGroup } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

export function syncGroupHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(syncGroup, async (request) => {
    const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
    const answer = await groups.sync(groupId, {
      memberId,
      instanceId: groupInstanceId,
      generation: generationId,
      protocolType,
      protocol: protocolName,
      // Kept with the group: not as views of the request.
      assignments: new Map(request.assignments.map((each) => [each.memberId, new Uint8Array(each.assignment)])),
    });
    return {
      errorCode: outcomeNumber(answer.error),
      protocolType: answer.protocolType,
      protocolName: answer.protocol,
      assignment: answer.assignment,
    };
  });
}
