import type { ErrorCode } from '@moldau/base';
import { MoldauError, type MoldauErrorDetails } from '../errors.ts';

/** What a coordinator's refusal means for the one who asked. */
const MEANINGS: Partial<Record<ErrorCode, string>> = {
  FENCED_INSTANCE_ID: 'another consumer was started with the same instanceId: each needs one of its own',
  UNKNOWN_MEMBER_ID:
    'this consumer is no member any more, it was silent for too long: what it had may be read by another, from the last commit on',
  ILLEGAL_GENERATION:
    'the group has shared anew without this consumer: what it had may be read by another, from the last commit on',
  INCONSISTENT_GROUP_PROTOCOL: 'its members share in other ways: all need one of their assignors in common',
  INVALID_SESSION_TIMEOUT:
    'the broker does not allow such a sessionTimeoutMs: see group.min.session.timeout.ms and group.max.session.timeout.ms',
  INVALID_GROUP_ID: 'no group can have this name',
  GROUP_MAX_SIZE_REACHED:
    'it has as many members, or members that tell as much, as the broker allows: see group.max.size',
  GROUP_ID_NOT_FOUND: 'there is no such group',
  NON_EMPTY_GROUP: 'it has members: stop its consumers first',
  GROUP_SUBSCRIBED_TO_TOPIC: 'its members read this topic',
  REBALANCE_IN_PROGRESS: 'its members are being assigned their partitions just now',
  COORDINATOR_LOAD_IN_PROGRESS: 'its coordinator is reading what the group has committed',
  COORDINATOR_NOT_AVAILABLE: 'nobody coordinates it just now',
  NOT_COORDINATOR: 'another broker coordinates it by now',
  OFFSET_METADATA_TOO_LARGE: 'the metadata of a commit is larger than offset.metadata.max.bytes',
  UNKNOWN_TOPIC_OR_PARTITION: 'there is no such partition',
  UNKNOWN_TOPIC_ID: 'the topic is gone',
};

/** A refusal with the group's name and what can be done. */
export function groupError(code: ErrorCode, groupId: string, details: MoldauErrorDetails = {}): MoldauError {
  return new MoldauError(code, `group ${groupId}: ${MEANINGS[code] ?? `the coordinator answered ${code}`}`, details);
}
