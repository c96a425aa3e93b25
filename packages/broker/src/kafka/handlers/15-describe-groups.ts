import { NO_ERROR } from '@moldau/base';
import { describeGroups, type ResponseInput } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { NO_BYTES } from '../../groups/group-types.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** From here on an unknown group is an error; before, it is described as dead. */
const NOT_FOUND_FROM = 6;
/** What a client may do with a group: read, delete, describe. Nothing is forbidden until there are ACLs. */
const OPERATIONS = (1 << 3) | (1 << 6) | (1 << 8);
const NOT_SHOWN = -2_147_483_648;

type Described = ResponseInput<typeof describeGroups>['groups'][number];

export function describeGroupsHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(describeGroups, ({ groups: ids, includeAuthorizedOperations }, { apiVersion }) => ({
    groups: ids.map((groupId) => {
      const described = describe(groups, groupId, apiVersion);
      const areShown = includeAuthorizedOperations && described.errorCode === NO_ERROR;
      return { ...described, authorizedOperations: areShown ? OPERATIONS : NOT_SHOWN };
    }),
  }));
}

function describe(groups: GroupCoordinator, groupId: string, apiVersion: number): Described {
  const found = groups.describe(groupId);
  const nothing = { groupId, protocolType: '', protocolData: '', members: [] };
  if (found.error === 'GROUP_ID_NOT_FOUND') {
    const error = apiVersion >= NOT_FOUND_FROM ? found.error : undefined;
    const errorMessage = error && `Group ${groupId} not found.`;
    return { ...nothing, errorCode: outcomeNumber(error), errorMessage: errorMessage ?? null, groupState: 'Dead' };
  }
  if (found.error !== undefined) return { ...nothing, errorCode: outcomeNumber(found.error), groupState: '' };
  const { group } = found;
  // Between generations nobody has an assignment, and what members told may be about to change.
  const isStable = group.state === 'Stable';
  return {
    errorCode: outcomeNumber(undefined),
    groupId,
    groupState: group.state,
    protocolType: group.protocolType,
    protocolData: isStable ? (group.protocol ?? '') : '',
    members: group.members.map((each) => ({
      memberId: each.memberId,
      groupInstanceId: each.instanceId,
      clientId: each.clientId,
      clientHost: each.clientHost,
      memberMetadata: isStable ? each.subscription : NO_BYTES,
      memberAssignment: isStable ? each.assignment : NO_BYTES,
    })),
  };
}
