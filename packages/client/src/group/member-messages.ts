import { type Logger, MalformedBytesError } from '@moldau/base';
import type { JoinedMember, JoinGroupRequest, MemberAssignment } from '@moldau/proto';
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from '@moldau/protocol';
import { byTopic, type PartitionName } from '../partition-name.ts';
import type { GroupAssignment, MemberView } from './assignor.ts';
import { generationOfUserData } from './cooperative-sticky-assignor.ts';
import type { GroupMember } from './group-member.ts';
import type { ClientGroupSettings } from './group-settings.ts';

// What members tell one another through the coordinator, in the formats of Kafka's consumer protocol.

const PROTOCOL_TYPE = 'consumer';
/** What a member tells besides its topics came with versions 1 (what it owns) and 2 (its generation); 3 adds the rack. */
const SUBSCRIPTION_VERSION = 3;
/** All versions of an assignment are alike, and everybody reads this one. */
const ASSIGNMENT_VERSION = 0;

export function joinRequest(
  settings: ClientGroupSettings,
  topics: readonly string[],
  { memberId, generation, owned }: Pick<GroupMember, 'memberId' | 'generation' | 'owned'>,
): JoinGroupRequest {
  const { groupId, instanceId, sessionTimeoutMs, maxPollIntervalMs, assignors } = settings;
  const subscription = { topics, ownedPartitions: byTopic(owned), generationId: generation, rackId: null };
  return {
    groupId,
    memberId,
    instanceId,
    sessionTimeoutMs,
    rebalanceTimeoutMs: maxPollIntervalMs,
    protocolType: PROTOCOL_TYPE,
    protocols: assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeConsumerSubscription(SUBSCRIPTION_VERSION, {
        ...subscription,
        userData: assignor.userData(generation),
      }),
    })),
  };
}

/** What the members said to the one that assigns. One who cannot be understood gets nothing; the others are not to wait for it. */
export function viewsOf(members: readonly JoinedMember[], logger: Logger): readonly MemberView[] {
  return members.map(({ memberId, instanceId, metadata }) => {
    try {
      const { topics, ownedPartitions, generationId, userData } = decodeConsumerSubscription(metadata);
      const generation = generationId >= 0 ? generationId : generationOfUserData(userData);
      return { memberId, instanceId, topics, owned: named(ownedPartitions), generation };
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      logger.warn('consumer.member_unreadable', { memberId, err: error });
      return { memberId, instanceId, topics: [], owned: [], generation: -1 };
    }
  });
}

export function assignmentsOf(assignment: GroupAssignment): readonly MemberAssignment[] {
  return [...assignment].map(([memberId, partitions]) => ({
    memberId,
    assignment: encodeConsumerAssignment(ASSIGNMENT_VERSION, {
      assignedPartitions: byTopic(partitions),
      userData: null,
    }),
  }));
}

/** Nothing at all is an assignment of nothing. @throws MalformedBytesError */
export function assignedIn(bytes: Uint8Array): readonly PartitionName[] {
  return bytes.length === 0 ? [] : named(decodeConsumerAssignment(bytes).assignedPartitions);
}

function named(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): readonly PartitionName[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
