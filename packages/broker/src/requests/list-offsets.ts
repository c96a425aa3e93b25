import { errorNumber, type LeaderEpoch, type Offset, RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import { ApiService, type ListOffsetsItem, ListOffsetsResult } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import { recordByTime } from './record-by-time.ts';
import { currentLeader, epochFault, notLedHere, type RequestContext } from './request-context.ts';

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
/** Of what is not in tiered storage: all of it. */
const EARLIEST_LOCAL = -4;
/** The end of what is in tiered storage, and the beginning of what waits to go there: there is none. */
const TIERED: ReadonlySet<number> = new Set([-5, -6]);
/** No epoch either: it would be that of a record. */
const NOT_FOUND = { offset: -1, leaderEpoch: -1 };
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

/** Of the record found, or of an end of the log. -1 when no record is that young. */
export interface FoundOffset {
  readonly offset: Offset;
  /** -1 for an end of the log. */
  readonly timestamp: number;
  /** Of the record at that offset; at the log's end, the latest. -1 when nothing was found. */
  readonly leaderEpoch: LeaderEpoch;
}

/** @throws RequestError */
export async function findOffset(context: RequestContext, item: ListOffsetsItem): Promise<FoundOffset> {
  const partition = context.partition(item.topicId, item.partition);
  const found = await offsetOf(context, item, partition);
  // Leadership may have ended while the disk was read.
  if (partition === undefined || !partition.servesAsLeader()) throw elsewhere(context, item);
  return { timestamp: -1, leaderEpoch: partition.log.epochs.latest, ...found };
}

async function listOffset(context: RequestContext, item: ListOffsetsItem): Promise<ListOffsetsResult> {
  try {
    return ListOffsetsResult.create(await findOffset(context, item));
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
  if (item.timestamp === EARLIEST || item.timestamp === EARLIEST_LOCAL) {
    const { startOffset, epochs } = partition.log;
    const first = epochs.entries.findLast((each) => each.startOffset <= startOffset);
    return { offset: startOffset, leaderEpoch: first?.epoch ?? -1 };
  }
  if (!leader.reachedEpochStart && !context.bugs.has('list-offsets-before-applied-hw')) {
    // Offsets that were named by the leader before could lie above what this one knows to be replicated.
    throw new RequestError('OFFSET_NOT_AVAILABLE', 'a new leader does not know the high watermark yet; ask again');
  }
  if (item.timestamp === LATEST) return { offset: leader.highWatermark };
  if (TIERED.has(item.timestamp)) return NOT_FOUND;
  if (item.timestamp < MAX_TIMESTAMP) {
    throw new RequestError(
      'INVALID_REQUEST',
      `a timestamp is in Unix ms, -1 for latest, -2 for earliest or -3 for the youngest record; not ${item.timestamp}`,
    );
  }
  const { log } = partition;
  const timestamp = item.timestamp === MAX_TIMESTAMP ? log.maxTimestamp : item.timestamp;
  const found = timestamp < 0 ? undefined : await recordByTime(context, partition, timestamp);
  if (found === undefined || found.offset >= leader.highWatermark) return NOT_FOUND;
  return { offset: found.offset, timestamp: found.timestampMs, leaderEpoch: found.leaderEpoch };
}

function elsewhere(context: RequestContext, item: ListOffsetsItem): RequestError {
  const { code, message } = notLedHere(context, item.topicId, item.partition);
  return new RequestError(code, message);
}
