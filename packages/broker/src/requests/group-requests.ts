import { type ErrorCode, errorNumber, NO_ERROR, RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import {
  ApiService,
  CommitOffsetsResponse,
  CommittedOffset,
  DeleteOffsetsResponse,
  DescribeGroupResponse,
  FetchOffsetsResponse,
  GroupMember,
  JoinGroupResponse,
  LeaveGroupResponse,
  ListGroupsResponse,
  SyncGroupResponse,
} from '@moldau/proto';
import type { GroupCoordinator } from '../groups/group-coordinator.ts';
import { NO_BYTES } from '../groups/group-types.ts';

/** Offsets in one request: as many partitions as one consumer may well read, and a batch that one append takes. */
const OFFSETS_MAX = 10_000;
/** Each may begin a rebalance. */
const LEAVING_MAX = 1000;

/** What members of groups ask, and who looks at groups: as the Kafka door has it, of the same coordinator. */
export function groupHandlers(groups: GroupCoordinator): RpcHandler[] {
  return [...memberHandlers(groups), ...offsetHandlers(groups), ...overviewHandlers(groups)];
}

function memberHandlers(groups: GroupCoordinator): RpcHandler[] {
  return [
    unaryHandler(ApiService.findCoordinator, async ({ groupId }) => {
      const { brokerId, grpcAddress } = await groups.find(groupId);
      return { brokerId, grpcAddress };
    }),
    unaryHandler(ApiService.joinGroup, async (request, { clientId, peer }) => {
      const { groupId, memberId, sessionTimeoutMs, rebalanceTimeoutMs, protocolType } = request;
      const answer = await groups.join(groupId, {
        memberId,
        instanceId: orNull(request.instanceId),
        clientId,
        // As Kafka shows it: a slash before the address.
        clientHost: `/${peer.slice(0, peer.lastIndexOf(':'))}`,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        protocolType,
        // They are kept for as long as the member is: not as views of the request.
        protocols: request.protocols.map(({ name, metadata }) => ({ name, metadata: metadata.slice() })),
        canRetryWithId: true,
        canSkipAssignment: true,
      });
      const { error, generation, leader, skipAssignment, members } = answer;
      return JoinGroupResponse.create({
        errorCode: outcome(error),
        generation,
        protocolType: answer.protocolType ?? '',
        protocol: answer.protocol ?? '',
        leader,
        memberId: answer.memberId,
        skipAssignment,
        members: members.map((each) => ({ ...each, instanceId: each.instanceId ?? '' })),
      });
    }),
    unaryHandler(ApiService.syncGroup, async (request) => {
      const { groupId, memberId, generation, assignments } = request;
      const { error, assignment } = await groups.sync(groupId, {
        memberId,
        instanceId: orNull(request.instanceId),
        generation,
        protocolType: orNull(request.protocolType),
        protocol: orNull(request.protocol),
        assignments: new Map(assignments.map((each) => [each.memberId, each.assignment.slice()])),
      });
      return SyncGroupResponse.create({ errorCode: outcome(error), assignment });
    }),
    unaryHandler(ApiService.groupHeartbeat, ({ groupId, memberId, instanceId, generation }) => {
      const error = groups.heartbeat(groupId, { memberId, instanceId: orNull(instanceId), generation });
      return Promise.resolve({ errorCode: outcome(error) });
    }),
    unaryHandler(ApiService.leaveGroup, ({ groupId, members }) => {
      checkCount(members.length, LEAVING_MAX, 'members');
      const leaving = members.map((each) => ({ memberId: each.memberId, instanceId: orNull(each.instanceId) }));
      const left = groups.leave(groupId, leaving);
      const memberErrorCodes = left.error === undefined ? left.outcomes.map(outcome) : [];
      return Promise.resolve(LeaveGroupResponse.create({ errorCode: outcome(left.error), memberErrorCodes }));
    }),
  ];
}

function offsetHandlers(groups: GroupCoordinator): RpcHandler[] {
  return [
    unaryHandler(ApiService.commitOffsets, async ({ groupId, memberId, instanceId, generation, offsets }) => {
      checkCount(offsets.length, OFFSETS_MAX, 'offsets');
      const from = { memberId, instanceId: orNull(instanceId), generation };
      const outcomes = await groups.commit(groupId, { ...from, offsets });
      return CommitOffsetsResponse.create({ errorCodes: outcomes.map(outcome) });
    }),
    unaryHandler(ApiService.fetchOffsets, ({ groupId, all, topics }) => {
      const partitions = topics.reduce((sum, each) => sum + each.partitions.length, 0);
      checkCount(partitions, OFFSETS_MAX, 'offsets');
      const found = groups.fetchOffsets(groupId, all ? null : topics.map((each) => ({ ...each, topicId: '' })));
      if (found.error !== undefined)
        return Promise.resolve(FetchOffsetsResponse.create({ errorCode: outcome(found.error) }));
      const offsets = found.topics.flatMap(({ topic, partitions: each }) =>
        each.map(({ partition, entry }) => {
          const { offset = -1, leaderEpoch = -1, metadata = '' } = entry ?? {};
          return CommittedOffset.create({ topic, partition, offset, leaderEpoch, metadata });
        }),
      );
      return Promise.resolve(FetchOffsetsResponse.create({ offsets }));
    }),
    unaryHandler(ApiService.deleteOffsets, async ({ groupId, offsets }) => {
      checkCount(offsets.length, OFFSETS_MAX, 'offsets');
      const deleted = await groups.deleteOffsets(groupId, offsets);
      const errorCodes = deleted.error === undefined ? deleted.outcomes.map(outcome) : [];
      return DeleteOffsetsResponse.create({ errorCode: outcome(deleted.error), errorCodes });
    }),
  ];
}

function overviewHandlers(groups: GroupCoordinator): RpcHandler[] {
  return [
    unaryHandler(ApiService.describeGroup, ({ groupId }) => {
      const found = groups.describe(groupId);
      if (found.error !== undefined)
        return Promise.resolve(DescribeGroupResponse.create({ errorCode: outcome(found.error) }));
      const { state, protocolType, protocol, generation, members } = found.group;
      // Between generations nobody has an assignment, and what members told may be about to change.
      const isStable = state === 'Stable';
      return Promise.resolve(
        DescribeGroupResponse.create({
          state,
          protocolType,
          protocol: isStable ? (protocol ?? '') : '',
          generation,
          members: members.map((each) =>
            GroupMember.create({
              memberId: each.memberId,
              instanceId: each.instanceId ?? '',
              clientId: each.clientId,
              clientHost: each.clientHost,
              subscription: isStable ? each.subscription : NO_BYTES,
              assignment: isStable ? each.assignment : NO_BYTES,
            }),
          ),
        }),
      );
    }),
    unaryHandler(ApiService.listGroups, () => {
      const { groups: found, isLoading } = groups.list();
      const errorCode = outcome(isLoading ? 'COORDINATOR_LOAD_IN_PROGRESS' : undefined);
      return Promise.resolve(ListGroupsResponse.create({ errorCode, groups: found }));
    }),
    unaryHandler(ApiService.deleteGroup, async ({ groupId }) => ({
      errorCode: outcome(await groups.deleteGroup(groupId)),
    })),
  ];
}

function outcome(error: ErrorCode | undefined): number {
  return error === undefined ? NO_ERROR : errorNumber(error);
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** @throws RequestError INVALID_REQUEST */
function checkCount(count: number, most: number, what: string): void {
  if (count > most) throw new RequestError('INVALID_REQUEST', `name at most ${most} ${what} at once, not ${count}`);
}
