import {
  type ErrorCode,
  type LeaderEpoch,
  type Offset,
  type PartitionId,
  RequestError,
  type TopicId,
} from '@moldau/base';
import { isSoleCopy } from '@moldau/metadata';
import type { Partition, ReadFrom } from '../partition/partition.ts';
import { epochFault, notLedHere, type RequestContext } from './request-context.ts';

/** Where a consumer wants to read, by whichever door it came. */
interface FetchAsk {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  readonly offset: Offset;
  /** -1: unknown. */
  readonly leaderEpoch: LeaderEpoch;
  /** Epoch of the record before `offset`; -1: unknown. */
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly from: ReadFrom;
}

export interface FetchRefusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  /** The log has parted from what the consumer has read: valid up to here (KIP-320). */
  readonly diverging?: { readonly epoch: LeaderEpoch; readonly endOffset: Offset };
}

/** Whether the partition can be read here and from there. */
export function startFetch(
  context: RequestContext,
  ask: FetchAsk,
): FetchRefusal | { readonly kind: 'reads'; readonly partition: Partition } {
  const partition = context.partition(ask.topicId, ask.partition);
  if (partition?.servesReads(ask.from) !== true) {
    if (partition !== undefined) partition.counters.failedFetchRequests++;
    return { kind: 'refused', ...notLedHere(context, ask.topicId, ask.partition) };
  }
  const fault =
    epochFault(ask.leaderEpoch, partition.leaderEpoch) ??
    notHereYet(ask, partition) ??
    truncated(ask, partition) ??
    outOfRange(ask, partition);
  if (fault === undefined) return { kind: 'reads', partition };
  partition.counters.failedFetchRequests++;
  return { kind: 'refused', ...fault };
}

/** Why a read failed. Where no other replica is, a damaged range stays damaged: the consumer does not come back for ever. */
export function readFault({ logger }: RequestContext, partition: Partition, error: unknown): FetchRefusal {
  const { topic, partition: number, log, state, nodeId } = partition;
  if (!(error instanceof RequestError)) {
    logger.error('a log cannot be read for a consumer', { topic, partition: number, err: error });
    const message = 'the broker cannot read this log; try another replica';
    return { kind: 'refused', code: 'KAFKA_STORAGE_ERROR', message };
  }
  if (error.code === 'KAFKA_STORAGE_ERROR' && log.damagedAt !== undefined && isSoleCopy(state, nodeId)) {
    const message = `the only copy is damaged behind offset ${log.damagedAt}: what is before can be read. Seek past it, or make the topic anew`;
    return { kind: 'refused', code: 'CORRUPT_MESSAGE', message };
  }
  return { kind: 'refused', code: error.code, message: error.message };
}

type Fault = Omit<FetchRefusal, 'kind'>;

/**
 * A follower does not judge what it does not have: the leader may, or the epoch that was read last has not come here. The
 * consumer goes back to the leader.
 */
function notHereYet({ offset }: FetchAsk, { leader, log }: Partition): Fault | undefined {
  if (leader !== undefined || offset <= log.endOffset) return undefined;
  const message = `this follower has come to offset ${log.endOffset}, not to ${offset}`;
  return { code: 'OFFSET_NOT_AVAILABLE', message };
}

/** Whether the log has parted from what the consumer has read (KIP-320). */
function truncated({ lastFetchedEpoch, offset }: FetchAsk, { log }: Partition): Fault | undefined {
  if (lastFetchedEpoch < 0) return undefined;
  const own = log.epochs.endOffsetFor(lastFetchedEpoch);
  if (own !== undefined && own.epoch === lastFetchedEpoch && own.endOffset >= offset) return undefined;
  const diverging = own ?? { epoch: -1, endOffset: log.endOffset };
  const message = `the log has parted from epoch ${lastFetchedEpoch} before offset ${offset}`;
  return { code: 'OFFSET_OUT_OF_RANGE', message, diverging };
}

function outOfRange({ offset }: FetchAsk, { log }: Partition): Fault | undefined {
  const { startOffset, endOffset } = log;
  if (offset >= startOffset && offset <= endOffset) return undefined;
  const message = `offset ${offset} is outside [${startOffset}, ${endOffset}]; reset the position`;
  return { code: 'OFFSET_OUT_OF_RANGE', message };
}
