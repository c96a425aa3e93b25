import { MalformedBytesError } from '@moldau/base';
import { decodeConsumerSubscription, encodeConsumerAssignment } from '@moldau/protocol';
import type { GroupBody } from './group-body.ts';
import { metadataIn } from './group-roster.ts';
import { NO_BYTES } from './group-types.ts';

const CONSUMER = 'consumer';
const EMPTY_CONSUMER_ASSIGNMENT = encodeConsumerAssignment(0, { assignedPartitions: [], userData: null });

/**
 * For a member that the leader has left out. Consumers parse what they get, and no bytes are not an assignment: some
 * clients stop over it.
 */
export function emptyAssignment(protocolType: string | null): Uint8Array {
  return protocolType === CONSUMER ? EMPTY_CONSUMER_ASSIGNMENT : NO_BYTES;
}

/** The topics that the members of a group of consumers read; undefined where that cannot be told: all, to be safe. */
export function subscribedTopics({
  protocolType,
  protocol,
  roster,
}: Pick<GroupBody, 'protocolType' | 'protocol' | 'roster'>): ReadonlySet<string> | undefined {
  if (protocolType !== CONSUMER) return undefined;
  const topics = new Set<string>();
  for (const member of roster.members()) {
    try {
      for (const topic of decodeConsumerSubscription(metadataIn(member, protocol)).topics) topics.add(topic);
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      return undefined;
    }
  }
  return topics;
}
