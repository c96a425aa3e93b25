import { joinGroup } from '@moldau/protocol';
import type { GroupCoordinator } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaCall, type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

/** From here on a client comes again with the id that it is told (KIP-394). */
const RETRIES_WITH_ID_FROM = 4;
/** From here on what is absent is null. */
const NULLABLE_FROM = 7;
/** From here on a leader can be told to leave the assignment alone. */
const SKIPS_FROM = 9;

export function joinGroupHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(joinGroup, async (request, call) => {
    const { groupId, memberId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType } = request;
    const answer = await groups.join(groupId, {
      memberId,
      instanceId: groupInstanceId,
      clientId: call.clientId,
      clientHost: clientHost(call),
      sessionTimeoutMs,
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      protocolType,
      // They are kept for as long as the member is: not as views of the request, which is large.
      protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) })),
      canRetryWithId: call.apiVersion >= RETRIES_WITH_ID_FROM,
      canSkipAssignment: call.apiVersion >= SKIPS_FROM,
    });
    return {
      errorCode: outcomeNumber(answer.error),
      generationId: answer.generation,
      protocolType: answer.protocolType,
      protocolName: answer.protocol ?? (call.apiVersion >= NULLABLE_FROM ? null : ''),
      leader: answer.leader,
      skipAssignment: answer.skipAssignment,
      memberId: answer.memberId,
      members: answer.members.map((each) => ({
        memberId: each.memberId,
        groupInstanceId: each.instanceId,
        metadata: each.metadata,
      })),
    };
  });
}

/** As Kafka shows it: a slash before the address. */
function clientHost({ peer }: KafkaCall): string {
  return `/${peer.slice(0, peer.lastIndexOf(':'))}`;
}
