import { type ErrorCode, NO_LEADER_EPOCH, type Offset } from '@moldau/base';
import { offsetFetch } from '@moldau/protocol';
import type { FetchedTopic, GroupCoordinator, PartitionsWanted } from '../../groups/group-coordinator.ts';
import { outcomeNumber } from '../kafka-errors.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

const NO_OFFSET: Offset = -1;
/** The first version with several groups. */
const GROUPS_FROM = 8;
/** The first version that names topics by id. */
const BY_ID_FROM = 10;
/** The first version that can say of a group as a whole what is wrong. */
const GROUP_ERROR_FROM = 2;

/** `requireStable` asks for nothing more: there are no transactions whose offsets could still change. */
export function offsetFetchHandler(groups: GroupCoordinator): KafkaHandler {
  return kafkaHandler(offsetFetch, (request, { apiVersion }) => {
    if (apiVersion >= GROUPS_FROM) {
      return { groups: request.groups.map(({ groupId, topics }) => fetchGroup(groups, groupId, topics, apiVersion)) };
    }
    const { topics, errorCode } = fetchGroup(groups, request.groupId, request.topics, apiVersion);
    return { topics, errorCode };
  });
}

interface TopicAsked {
  readonly name: string;
  readonly topicId?: string;
  readonly partitionIndexes: readonly number[];
}

function fetchGroup(
  groups: GroupCoordinator,
  groupId: string,
  asked: readonly TopicAsked[] | null,
  apiVersion: number,
) {
  const wanted =
    asked?.map(({ name, topicId = '', partitionIndexes }): PartitionsWanted => {
      return { topic: apiVersion >= BY_ID_FROM ? '' : name, topicId, partitions: partitionIndexes };
    }) ?? null;
  const found = groups.fetchOffsets(groupId, wanted);
  if (found.error === undefined)
    return { groupId, topics: found.topics.map(answerTopic), errorCode: outcomeNumber(undefined) };
  const refused = apiVersion >= GROUP_ERROR_FROM ? [] : (wanted ?? []).map((each) => refuseTopic(each, found.error));
  return { groupId, topics: refused.map(answerTopic), errorCode: outcomeNumber(found.error) };
}

function refuseTopic({ topic, topicId, partitions }: PartitionsWanted, error: ErrorCode): FetchedTopic {
  return { topic, topicId, partitions: partitions.map((partition) => ({ partition, entry: undefined, error })) };
}

function answerTopic({ topic, topicId, partitions }: FetchedTopic) {
  return {
    name: topic,
    topicId,
    partitions: partitions.map(({ partition, entry, error }) => ({
      partitionIndex: partition,
      committedOffset: entry?.offset ?? NO_OFFSET,
      committedLeaderEpoch: entry?.leaderEpoch ?? NO_LEADER_EPOCH,
      metadata: entry?.metadata ?? '',
      errorCode: outcomeNumber(error),
    })),
  };
}
