import { errorNumber, RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import { ApiService, type ListOffsetsItem, ListOffsetsResult } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import { currentLeader, epochFault, notLedHere, type RequestContext } from './request-context.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
/** Items are answered one after the other, and each may read the disk. */
const ITEMS_MAX = 10_000;

export function listOffsetsHandler(context: RequestContext): RpcHandler {
  return unaryHandler(ApiService.listOffsets, async ({ items }) => {
    if (items.length > ITEMS_MAX)
      throw new RequestError('INVALID_REQUEST', `ask for at most ${ITEMS_MAX} offsets at once`);
    const results: ListOffsetsResult[] = [];
    for (const item of items) results.push(await listOffset(context, item));
    return { results };
  });
}

async function listOffset(context: RequestContext, item: ListOffsetsItem): Promise<ListOffsetsResult> {
  const partition = context.partition(item.topicId, item.partition);
  try {
    const found = await offsetOf(context, item, partition);
    // Leadership may have ended while the disk was read.
    if (partition === undefined || !partition.servesAsLeader()) throw elsewhere(context, item);
    const leaderEpoch = partition.log.epochs.latest;
    return ListOffsetsResult.create({ timestamp: -1, leaderEpoch, ...found });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const isElsewhere = error.code === 'NOT_LEADER_OR_FOLLOWER' || error.code === 'FENCED_LEADER_EPOCH';
    return ListOffsetsResult.create({
      errorCode: errorNumber(error.code),
      message: error.message,
      offset: -1,
      timestamp: -1,
      leaderEpoch: -1,
      currentLeader: isElsewhere ? currentLeader(context, item.topicId, item.partition) : undefined,
    });
  }
}

async function offsetOf(
  context: RequestContext,
  item: ListOffsetsItem,
  partition: Partition | undefined,
): Promise<{ readonly offset: number; readonly timestamp?: number; readonly leaderEpoch?: number }> {
  const leader = partition?.leader;
  if (partition === undefined || leader === undefined || !partition.servesAsLeader()) throw elsewhere(context, item);
  const fault = epochFault(item.leaderEpoch, leader.leaderEpoch);
  if (fault !== undefined) throw new RequestError(fault.code, fault.message);
  if (item.timestamp === EARLIEST) return { offset: partition.log.startOffset };
  if (!leader.reachedEpochStart && !context.bugs.has('list-offsets-before-applied-hw')) {
    // Offsets that were named by the leader before could lie above what this one knows to be replicated.
    throw new RequestError('OFFSET_NOT_AVAILABLE', 'a new leader does not know the high watermark yet; ask again');
  }
  if (item.timestamp === LATEST) return { offset: leader.highWatermark };
  if (item.timestamp === MAX_TIMESTAMP || item.timestamp < 0) {
    throw new RequestError(
      'INVALID_REQUEST',
      `a timestamp is in Unix ms, -1 for latest or -2 for earliest; not ${item.timestamp}`,
    );
  }
  const found = await partition.log.offsetForTimestamp(item.timestamp);
  if (found === undefined || found.offset >= leader.highWatermark) return { offset: -1 };
  return { offset: found.offset, timestamp: found.timestampMs, leaderEpoch: found.leaderEpoch };
}

function elsewhere(context: RequestContext, item: ListOffsetsItem): RequestError {
  const { code, message } = notLedHere(context, item.topicId, item.partition);
  return new RequestError(code, message);
}
