import { deleteGroups } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

export function deleteGroupsHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(deleteGroups, async ({ groupsNames }) => ({
    results: await Promise.all(
      groupsNames.map(async (groupId) => ({ groupId, errorCode: outcomeNumber(await groups.deleteGroup(groupId)) })),
    ),
  }));
}
