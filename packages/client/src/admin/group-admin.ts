import { errorCodeFromNumber, MalformedBytesError, NO_ERROR } from '@moldau/base';
import { ApiService, type DescribeGroupResponse, type GroupMember } from '@moldau/proto';
import { LATEST, listOffsets } from '../cluster/list-offsets.ts';
import { errorFromCall, type ItemOutcome, MoldauError, PartialFailureError } from '../errors.ts';
import type { CommittedOffset } from '../group/committed-offset.ts';
import { Coordinator, type CoordinatorOptions } from '../group/coordinator.ts';
import { groupError } from '../group/group-errors.ts';
import { fetchCommitted, OFFSETS_PER_REQUEST } from '../group/group-offsets.ts';
import type { GroupSource } from '../group/group-source.ts';
import { assignedIn, viewsOf } from '../group/member-messages.ts';
import { type PartitionName, partitionKey } from '../partition-name.ts';
import { backoffMs, delay } from '../waiting.ts';
import type {
  GroupDescription,
  GroupLag,
  GroupListing,
  GroupMemberDescription,
  GroupOffset,
  GroupState,
} from './group-types.ts';

const STATES: ReadonlySet<string> = new Set(['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead']);
/** Leaders that are asked where partitions end may be on their way out: what is known without them is shown all the same. */
const END_OFFSETS_TIMEOUT_MS_MAX = 5_000;
const LIST_ATTEMPT_TIMEOUT_MS = 5_000;

/** All groups, in order: each broker is asked for its own. @throws MoldauError when a broker does not answer */
export async function listGroups(
  source: GroupSource,
  addresses: () => Promise<readonly string[]>,
  options: CoordinatorOptions,
): Promise<readonly GroupListing[]> {
  const { clock, timers, random } = source.ports;
  const deadlineMs = clock.nowMs() + options.timeoutMs;
  for (let attempts = 1; ; attempts++) {
    try {
      const found = await Promise.all((await addresses()).map((address) => groupsAt(source, address, options)));
      return found.flat().sort((left, right) => (left.groupId < right.groupId ? -1 : 1));
    } catch (error) {
      const failure = errorFromCall(error);
      const waitMs = backoffMs(random, attempts);
      // A list without one broker's groups would look like a whole one.
      if (!(failure instanceof MoldauError && failure.retriable) || clock.nowMs() + waitMs >= deadlineMs) throw failure;
      await delay(timers, waitMs, options.signal);
    }
  }
}

async function groupsAt(
  { connections }: GroupSource,
  address: string,
  { signal, timeoutMs }: CoordinatorOptions,
): Promise<readonly GroupListing[]> {
  const limits = { timeoutMs: Math.min(timeoutMs, LIST_ATTEMPT_TIMEOUT_MS), ...(signal && { signal }) };
  const { errorCode, groups } = await connections.channel(address).call(ApiService.listGroups, {}, limits);
  if (errorCode !== NO_ERROR) {
    const code = errorCodeFromNumber(errorCode);
    throw new MoldauError(code, `broker ${address} does not know all of its groups yet (${code})`);
  }
  return groups.map(({ groupId, protocolType, state }) => ({ groupId, protocolType, state: stateOf(state) }));
}

/** @throws MoldauError GROUP_ID_NOT_FOUND */
export async function describeGroup(
  source: GroupSource,
  groupId: string,
  options: CoordinatorOptions,
): Promise<GroupDescription> {
  const coordinator = new Coordinator(source, groupId);
  const found = await coordinator.askUntil(ApiService.describeGroup, { groupId }, codeOf, options);
  throwRefused(found.errorCode, groupId);
  const coordinatorId = await coordinator.brokerId(options);
  const members = found.members.map((member) => describeMember(source, member, found));
  const committed = await fetchCommitted(coordinator, undefined, options);
  const partitions = await lagsOf(source, committed, members, options);
  const { protocolType, protocol, generation } = found;
  return {
    groupId,
    protocolType,
    state: stateOf(found.state),
    coordinatorId,
    protocol,
    generation,
    members,
    partitions,
  };
}

/** What a member told that cannot be read is not shown, and keeps nothing else from being shown. */
function describeMember(
  { ports: { logger } }: GroupSource,
  member: GroupMember,
  { protocolType }: DescribeGroupResponse,
): GroupMemberDescription {
  const { memberId, instanceId, clientId, clientHost, subscription, assignment } = member;
  const isKnown = protocolType === 'consumer' && subscription.length > 0;
  const [view] = isKnown ? viewsOf([{ memberId, instanceId, metadata: subscription }], logger) : [];
  return {
    memberId,
    instanceId,
    clientId,
    host: clientHost,
    topics: view?.topics ?? [],
    assignment: isKnown ? assignedOrNothing(assignment) : [],
  };
}

function assignedOrNothing(bytes: Uint8Array): readonly PartitionName[] {
  try {
    return assignedIn(bytes);
  } catch (error) {
    if (error instanceof MalformedBytesError) return [];
    throw error;
  }
}

async function lagsOf(
  source: GroupSource,
  committed: readonly CommittedOffset[],
  members: readonly GroupMemberDescription[],
  options: CoordinatorOptions,
): Promise<readonly GroupLag[]> {
  const readers = new Map<string, string>();
  for (const { memberId, assignment } of members) {
    for (const each of assignment) readers.set(partitionKey(each), memberId);
  }
  const known = new Map(committed.map((each) => [partitionKey(each), each]));
  const names: PartitionName[] = [...committed];
  for (const each of members.flatMap(({ assignment }) => assignment)) {
    if (!known.has(partitionKey(each))) names.push(each);
  }
  names.sort((left, right) =>
    left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1,
  );
  const ends = await endOffsets(source, names, options);
  return names.map(({ topic, partition }) => {
    const key = partitionKey({ topic, partition });
    const { offset: committedOffset, metadata = '' } = known.get(key) ?? {};
    const endOffset = ends.get(key);
    const isKnown = committedOffset !== undefined && endOffset !== undefined;
    const lag = isKnown ? (endOffset > committedOffset ? endOffset - committedOffset : 0n) : undefined;
    return { topic, partition, committedOffset, metadata, endOffset, lag, memberId: readers.get(key) ?? '' };
  });
}

/** Topic by topic, so that one that is gone or has no leader leaves the others known. */
async function endOffsets(
  source: GroupSource,
  names: readonly PartitionName[],
  { timeoutMs, signal }: CoordinatorOptions,
): Promise<ReadonlyMap<string, bigint>> {
  const ends = new Map<string, bigint>();
  const limits = { timeoutMs: Math.min(timeoutMs, END_OFFSETS_TIMEOUT_MS_MAX), signal };
  await source.metadata.ask([...new Set(names.map(({ topic }) => topic))]);
  const there = names.filter(({ topic, partition }) => partition < (source.metadata.topic(topic)?.partitionCount ?? 0));
  const topics = [...new Set(there.map(({ topic }) => topic))];
  await Promise.all(
    topics.map(async (topic) => {
      const queries = there.filter((each) => each.topic === topic).map((each) => ({ ...each, timestamp: LATEST }));
      try {
        const found = await listOffsets(source, queries, limits);
        for (const [index, query] of queries.entries()) {
          const offset = found[index]?.offset;
          if (offset !== undefined) ends.set(partitionKey(query), BigInt(offset));
        }
      } catch (error) {
        if (!(error instanceof MoldauError) || signal?.aborted === true) throw error;
        source.ports.logger.warn('admin.end_offsets_unknown', { topic, code: error.code, reason: error.message });
      }
    }),
  );
  return ends;
}

/** @throws MoldauError GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP */
export async function deleteGroup(source: GroupSource, groupId: string, options: CoordinatorOptions): Promise<void> {
  const coordinator = new Coordinator(source, groupId);
  const { errorCode } = await coordinator.askUntil(ApiService.deleteGroup, { groupId }, codeOf, options);
  throwRefused(errorCode, groupId);
}

/** @throws PartialFailureError NON_EMPTY_GROUP, UNKNOWN_TOPIC_OR_PARTITION */
export async function alterGroupOffsets(
  source: GroupSource,
  groupId: string,
  offsets: readonly GroupOffset[],
  options: CoordinatorOptions,
): Promise<void> {
  const coordinator = new Coordinator(source, groupId);
  const outcomes: ItemOutcome[] = [];
  for (let at = 0; at < offsets.length; at += OFFSETS_PER_REQUEST) {
    const part = offsets.slice(at, at + OFFSETS_PER_REQUEST);
    const request = {
      groupId,
      memberId: '',
      instanceId: '',
      generation: -1,
      offsets: part.map(({ topic, partition, offset, metadata = '' }) => {
        return { topic, topicId: '', partition, offset: checkedOffset(offset), leaderEpoch: -1, metadata };
      }),
    };
    const firstOf = ({ errorCodes }: { readonly errorCodes: readonly number[] }): number | undefined =>
      errorCodes.find((code) => code !== NO_ERROR);
    const { errorCodes } = await coordinator.askUntil(ApiService.commitOffsets, request, firstOf, options);
    // Who is no member is told so where there are members; what that means here is that there are.
    const meant = errorCodes.map((number) => {
      const code = errorCodeFromNumber(number);
      return number !== NO_ERROR && code === 'UNKNOWN_MEMBER_ID'
        ? 'NON_EMPTY_GROUP'
        : number === NO_ERROR
          ? undefined
          : code;
    });
    outcomes.push(...part.map((each, index) => outcomeOf(groupId, each, meant[index])));
  }
  throwPartial(outcomes);
}

/** @throws MoldauError GROUP_ID_NOT_FOUND; PartialFailureError GROUP_SUBSCRIBED_TO_TOPIC, UNKNOWN_TOPIC_OR_PARTITION */
export async function deleteGroupOffsets(
  source: GroupSource,
  groupId: string,
  partitions: readonly PartitionName[],
  options: CoordinatorOptions,
): Promise<void> {
  const coordinator = new Coordinator(source, groupId);
  const request = { groupId, offsets: partitions.map(({ topic, partition }) => ({ topic, partition })) };
  const { errorCode, errorCodes } = await coordinator.askUntil(ApiService.deleteOffsets, request, codeOf, options);
  throwRefused(errorCode, groupId);
  throwPartial(
    partitions.map((each, index) => {
      const number = errorCodes[index] ?? NO_ERROR;
      return outcomeOf(groupId, each, number === NO_ERROR ? undefined : errorCodeFromNumber(number));
    }),
  );
}

function outcomeOf(
  groupId: string,
  { topic, partition }: PartitionName,
  code: ReturnType<typeof errorCodeFromNumber> | undefined,
): ItemOutcome {
  const name = partitionKey({ topic, partition });
  return { name, error: code && groupError(code, groupId, { topic, partition, retriable: false }) };
}

function throwPartial(outcomes: readonly ItemOutcome[]): void {
  const first = outcomes.find(({ error }) => error !== undefined)?.error;
  if (first !== undefined) throw new PartialFailureError(first, outcomes);
}

/** @throws MoldauError */
function throwRefused(errorCode: number, groupId: string): void {
  if (errorCode !== NO_ERROR) throw groupError(errorCodeFromNumber(errorCode), groupId);
}

/** @throws MoldauError INVALID_ARGUMENT */
function checkedOffset(offset: bigint): number {
  if (offset >= 0n && offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
  throw new MoldauError('INVALID_ARGUMENT', `there is no offset ${offset}`);
}

function stateOf(state: string): GroupState {
  return STATES.has(state) ? (state as GroupState) : 'Unknown';
}

function codeOf({ errorCode }: { readonly errorCode: number }): number {
  return errorCode;
}
