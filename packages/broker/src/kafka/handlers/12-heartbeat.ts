import { heartbeat } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

export function heartbeatHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(heartbeat, ({ groupId, generationId, memberId, groupInstanceId }) => ({
    errorCode: outcomeNumber(
      groups.heartbeat(groupId, { memberId, instanceId: groupInstanceId, generation: generationId }),
    ),
  }));
}
