import { listGroups } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

const CLASSIC = 'classic';

export function listGroupsHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(listGroups, ({ statesFilter, typesFilter }) => {
    const { groups: all, isLoading } = groups.list();
    const states = new Set(statesFilter.map((state) => state.toLowerCase()));
    const types = new Set(typesFilter.map((type) => type.toLowerCase()));
    const found = all.filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()));
    return {
      errorCode: outcomeNumber(isLoading ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined),
      groups: (types.size === 0 || types.has(CLASSIC) ? found : []).map(({ groupId, protocolType, state }) => ({
        groupId,
        protocolType,
        groupState: state,
        groupType: CLASSIC,
      })),
    };
  });
}
