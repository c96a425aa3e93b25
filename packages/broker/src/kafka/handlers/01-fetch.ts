import { errorNumber, NO_ERROR, type TopicId } from '@moldau/base';
import { fetch, type ResponseInput } from '@moldau/protocol';
import { type FetchSession, FetchSessions, type OpenedFetch, partitionKey } from '../fetch-sessions.ts';
import { Fetching, type PartitionFetch } from '../fetching.ts';
import { type KafkaContext, LeaderHints } from '../kafka-context.ts';
import { type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type FetchResponse = ResponseInput<typeof fetch>;
type PartitionData = FetchResponse['responses'][number]['partitions'][number];

const NO_RECORDS = new Uint8Array(0);
const READ_COMMITTED = 1;

export function fetchHandler(context: KafkaContext): KafkaHandler {
  const { clock } = context.requests;
  const sessions = new FetchSessions(clock, context.random);
  return kafkaHandler(fetch, (request, call) => {
    const opened = sessions.open(request, call.apiVersion);
    if (opened.kind === 'refused') return { errorCode: errorNumber(opened.code), responses: [] };
    const fetching = new Fetching(context, call, opened.wanted, {
      rackId: request.rackId,
      waitMs: request.maxWaitMs,
      bytesMin: request.minBytes,
      bytesMax: request.maxBytes,
    });
    const answer = (): FetchResponse => respond(context, opened, fetching, request.isolationLevel === READ_COMMITTED);
    const waiting = fetching.run();
    return waiting === undefined ? answer() : waiting.then(answer);
  });
}

function respond(
  context: KafkaContext,
  opened: Exclude<OpenedFetch, { readonly kind: 'refused' }>,
  fetching: Fetching,
  isCommittedOnly: boolean,
): FetchResponse {
  const hints = new LeaderHints(context.requests);
  const topics = new Map<string, { topic: string; topicId: TopicId; partitions: PartitionData[] }>();
  for (const each of fetching.partitions) {
    const data = partitionData(each, hints, isCommittedOnly);
    if (opened.session !== undefined && !isTold(opened.session, each, data, opened.kind)) continue;
    const { name, topicId } = each.wanted;
    const key = `${name} ${topicId}`;
    const topic = topics.get(key);
    if (topic === undefined) topics.set(key, { topic: name, topicId, partitions: [data] });
    else topic.partitions.push(data);
  }
  return {
    errorCode: NO_ERROR,
    sessionId: opened.session?.sessionId ?? 0,
    responses: [...topics.values()],
    nodeEndpoints: hints.nodeEndpoints,
  };
}

/** Whether the consumer hears of the partition: in a session only of what is new. */
function isTold(session: FetchSession, of: PartitionFetch, data: PartitionData, kind: 'full' | 'incremental'): boolean {
  const key = partitionKey(of.wanted);
  const told = session.told.get(key);
  const { highWatermark, logStartOffset = -1 } = data;
  // What was wrong is told again until it is right, and then that it is.
  if (of.refused === undefined) session.told.set(key, { highWatermark, logStartOffset });
  else session.told.delete(key);
  if (of.bytes > 0) session.moveBehind(key);
  if (kind === 'full' || of.bytes > 0 || of.refused !== undefined || of.readInstead !== undefined) return true;
  return told?.highWatermark !== highWatermark || told.logStartOffset !== logStartOffset;
}

function partitionData(of: PartitionFetch, hints: LeaderHints, isCommittedOnly: boolean): PartitionData {
  const { wanted, refused, partition, readInstead } = of;
  const abortedTransactions = isCommittedOnly ? [] : null;
  const partitionIndex = wanted.partition;
  const nothing = { partitionIndex, highWatermark: -1, abortedTransactions, records: NO_RECORDS };
  if (refused !== undefined) {
    const { code, diverging } = refused;
    // Where the logs part is no error: the consumer goes back to there.
    if (diverging !== undefined && diverging.epoch >= 0) {
      return { ...nothing, errorCode: NO_ERROR, divergingEpoch: { ...diverging } };
    }
    const isElsewhere = code === 'NOT_LEADER_OR_FOLLOWER' || code === 'FENCED_LEADER_EPOCH';
    const leader = isElsewhere ? hints.leaderOf(of.topicId, partitionIndex) : undefined;
    return { ...nothing, errorCode: errorNumber(code), ...(leader && { currentLeader: leader }) };
  }
  const highWatermark = partition?.highWatermark ?? -1;
  return {
    partitionIndex,
    errorCode: NO_ERROR,
    highWatermark,
    // Without transactions none is open.
    lastStableOffset: highWatermark,
    logStartOffset: partition?.log.startOffset ?? -1,
    abortedTransactions,
    ...(readInstead !== undefined && { preferredReadReplica: readInstead }),
    records: of.parts,
  };
}
