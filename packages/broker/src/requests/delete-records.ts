import { type ErrorCode, errorNumber, type Offset, RequestError, type RpcHandler, unaryHandler } from '@moldau/base';
import { isInternalTopic, listValue, topicConfigValue } from '@moldau/metadata';
import { ApiService, type DeleteRecordsItem, DeleteRecordsResult } from '@moldau/proto';
import type { Partition } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';
import { currentLeader, notLedHere, type RequestContext } from './request-context.ts';

/** As far as the records are replicated. */
const ALL = -1;
const ITEMS_MAX = 10_000;
/** Of one partition: each request names it once, and one that waits has been asked for already. */
const WAITS_MAX = 1_000;
/** Who waits for a broker that does not come back is to ask again. */
const WAIT_MS_MAX = 300_000;

export function deleteRecordsHandler(context: RequestContext): RpcHandler {
  return unaryHandler(ApiService.deleteRecords, async ({ items, timeoutMs }) => {
    if (items.length > ITEMS_MAX)
      throw new RequestError('INVALID_REQUEST', `delete the records of at most ${ITEMS_MAX} partitions at once`);
    return { results: await Promise.all(items.map((item) => resultOf(context, item, timeoutMs))) };
  });
}

async function resultOf(
  context: RequestContext,
  item: DeleteRecordsItem,
  timeoutMs: number,
): Promise<DeleteRecordsResult> {
  try {
    return DeleteRecordsResult.create({ logStartOffset: await deleteRecords(context, item, timeoutMs) });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return DeleteRecordsResult.create({
      errorCode: errorNumber(error.code),
      message: error.message,
      logStartOffset: -1,
      currentLeader:
        error.code === 'NOT_LEADER_OR_FOLLOWER' ? currentLeader(context, item.topicId, item.partition) : undefined,
    });
  }
}

/**
 * The partition begins there from now on. Resolves with the low watermark when that is there: what is below it is gone for good
 * from all replicas on brokers that live.
 *
 * @throws RequestError REQUEST_TIMED_OUT, NOT_LEADER_OR_FOLLOWER: it has begun, and may take effect on all replicas
 */
export async function deleteRecords(
  context: RequestContext,
  item: DeleteRecordsItem,
  timeoutMs: number,
): Promise<Offset> {
  const partition = context.partition(item.topicId, item.partition);
  const leader = partition?.leader;
  if (partition === undefined || leader === undefined || !partition.servesAsLeader()) {
    const { code, message } = notLedHere(context, item.topicId, item.partition);
    throw new RequestError(code, message);
  }
  checkPolicy(context, partition.topic);
  if (partition.deletions.size >= WAITS_MAX)
    throw new RequestError('REQUEST_TIMED_OUT', `${WAITS_MAX} deletions of this partition wait; ask again later`);
  const requiredOffset = offsetOf(item, partition, leader);
  const deadlineMs = context.clock.nowMs() + Math.min(Math.max(timeoutMs, 0), WAIT_MS_MAX);
  return await new Promise<Offset>((deleted, reject) => {
    const failed = (code: ErrorCode): void =>
      reject(new RequestError(code, refusals[code] ?? 'the deletion has begun'));
    partition.deleteRecords(leader, { requiredOffset, deadlineMs, deleted, failed });
  });
}

const refusals: Partial<Record<ErrorCode, string>> = {
  REQUEST_TIMED_OUT: 'the deletion has begun, but not every replica has followed yet; ask again to see when it has',
  NOT_LEADER_OR_FOLLOWER: 'another broker leads now, and may not know of the deletion; ask it again',
};

/** @throws RequestError */
function checkPolicy({ image }: RequestContext, topic: string): void {
  if (isInternalTopic(topic))
    throw new RequestError(
      'INVALID_TOPIC_EXCEPTION',
      `brokers keep their own state in ${topic}, and delete it themselves`,
    );
  if (listValue(topicConfigValue(image(), topic, 'cleanup.policy')).includes('delete')) return;
  const message = `topic ${topic} is only compacted: its records go when newer ones have their keys; or set cleanup.policy=compact,delete`;
  throw new RequestError('POLICY_VIOLATION', message);
}

/** @throws RequestError */
function offsetOf({ beforeOffset }: DeleteRecordsItem, { log }: Partition, leader: PartitionLeader): Offset {
  const { highWatermark, reachedEpochStart, epochStart } = leader;
  if (!reachedEpochStart && (beforeOffset === ALL || (beforeOffset > highWatermark && beforeOffset <= epochStart))) {
    throw new RequestError('OFFSET_NOT_AVAILABLE', 'a new leader does not know the high watermark yet; ask again');
  }
  if (beforeOffset === ALL) return highWatermark;
  if (beforeOffset >= 0 && beforeOffset <= highWatermark) return beforeOffset;
  const message = `records can be deleted up to offset ${highWatermark}, not ${beforeOffset}; the log begins at ${log.startOffset}`;
  throw new RequestError('OFFSET_OUT_OF_RANGE', message);
}
