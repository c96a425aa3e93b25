import {
  type ErrorCode,
  type LeaderEpoch,
  type Offset,
  type PartitionId,
  RequestError,
  type TopicId,
} from '@moldau/base';
import { isInternalTopic } from '@moldau/metadata';
import type { Acknowledged } from '@moldau/proto';
import { type BatchAt, isControl, isTransactional, recordCountMax, validateBatches } from '@moldau/records';
import type { Partition } from '../partition/partition.ts';
import { stampAppendTime } from './append-time.ts';
import { epochFault, notLedHere, type RequestContext } from './request-context.ts';

export const ACKS_NONE = 0;
const ACKS_LEADER = 1;
export const ACKS_ALL = -1;

/**
 * What a batch costs beside its bytes while it waits: its place in the log's tail, in the journal's queue, and here. Measured
 * at 627 bytes of memory for a batch of 75; without it, small batches would take eight times what is counted.
 */
export const BATCH_OVERHEAD_BYTES = 512;

/** The batches of one partition, by whichever door they came. */
export interface ProduceAsk {
  readonly topicId: TopicId;
  readonly partition: PartitionId;
  /** -1: the producer does not know it. */
  readonly leaderEpoch: LeaderEpoch;
  readonly acks: number;
  readonly timeoutMs: number;
  /** The log's from here on, if it takes them. */
  readonly records: Uint8Array;
}

export interface ProduceRefusal {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
}

export type ProduceOutcome =
  | ProduceRefusal
  /** `acknowledged`: what was waited for; undefined when the producer wants no answer. */
  | {
      readonly kind: 'done';
      readonly partition: Partition;
      readonly baseOffset: Offset;
      /** -1 unless the topic keeps the broker's time. */
      readonly appendTimeMs: number;
      readonly acknowledged: Acknowledged | undefined;
    }
  /** To be answered when the high watermark is at `requiredOffset`: the door puts a wait into the partition. */
  | {
      readonly kind: 'waits';
      readonly partition: Partition;
      readonly baseOffset: Offset;
      readonly appendTimeMs: number;
      readonly requiredOffset: Offset;
      readonly deadlineMs: number;
    };

/** Checks and appends, all within this call: batches are in the log in the order of the calls. */
export function produceBatches(context: RequestContext, ask: ProduceAsk): ProduceOutcome {
  const partition = context.partition(ask.topicId, ask.partition);
  const outcome = produceTo(context, ask, partition);
  if (outcome.kind === 'refused' && partition !== undefined) partition.counters.failedProduceRequests++;
  return outcome;
}

/** After the append: whether the records stay is not known yet, so the sender sends the same batch again. */
export function afterAppend(code: ErrorCode): ProduceRefusal {
  return { kind: 'refused', code, message: OUTCOMES[code] ?? code };
}

const OUTCOMES: Partial<Record<ErrorCode, string>> = {
  NOT_LEADER_OR_FOLLOWER: 'the leader changed before the batch was replicated; send it again to the new one',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'too few replicas are in sync since the batch was appended; send it again',
  REQUEST_TIMED_OUT: 'the batch was appended and not replicated in time; send it again, or wait longer',
};

function produceTo(context: RequestContext, ask: ProduceAsk, partition: Partition | undefined): ProduceOutcome {
  const { acks, records } = ask;
  if (acks !== ACKS_NONE && acks !== ACKS_LEADER && acks !== ACKS_ALL) {
    return refused('INVALID_REQUIRED_ACKS', `acks is -1, 0 or 1, not ${acks}`);
  }
  const leader = partition?.leader;
  if (partition === undefined || leader === undefined || !partition.servesAsLeader()) {
    const { code, message } = notLedHere(context, ask.topicId, ask.partition);
    return refused(code, message);
  }
  if (isInternalTopic(partition.topic)) {
    return refused('INVALID_TOPIC_EXCEPTION', `only brokers write to ${partition.topic}; produce to another topic`);
  }
  const fault = epochFault(ask.leaderEpoch, leader.leaderEpoch);
  if (fault !== undefined) return refused(fault.code, fault.message);
  if (acks === ACKS_ALL && !leader.hasMinIsr) {
    const message = `${leader.isr.length} replicas are in sync, min.insync.replicas asks for more; nothing was appended`;
    return refused('NOT_ENOUGH_REPLICAS', message);
  }
  partition.counters.produceRequests++;
  partition.counters.bytesIn += records.length;
  const batches = validate(context, records, partition);
  if (!Array.isArray(batches)) return batches;
  let appendTimeMs = -1;
  if (partition.config.messageTimestampType === 'LogAppendTime') {
    appendTimeMs = context.clock.wallMs();
    stampAppendTime(records, batches, context.checksum, appendTimeMs);
  }
  const outcome = partition.append(records, leader);
  if (outcome.kind === 'refused') return outcome;
  if (outcome.kind === 'appended') {
    for (const { header } of batches) partition.counters.messagesIn += header.recordCount;
  }
  const { baseOffset, endOffset } = outcome;
  if (acks === ACKS_NONE) return { kind: 'done', partition, baseOffset, appendTimeMs, acknowledged: undefined };
  const isKnown = outcome.kind === 'duplicate' && context.bugs.has('duplicate-answered-before-hw');
  if (acks === ACKS_LEADER || isKnown) {
    return { kind: 'done', partition, baseOffset, appendTimeMs, acknowledged: isKnown ? 'flushed' : 'appended' };
  }
  const deadlineMs = context.clock.nowMs() + ask.timeoutMs;
  return { kind: 'waits', partition, baseOffset, appendTimeMs, requiredOffset: endOffset, deadlineMs };
}

function validate(context: RequestContext, records: Uint8Array, partition: Partition): BatchAt[] | ProduceRefusal {
  let batches: BatchAt[];
  try {
    batches = validateBatches(records, context.checksum, { batchBytesMax: partition.config.maxMessageBytes });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return refused(error.code, error.message);
  }
  for (const { header } of batches) {
    if (isControl(header) || isTransactional(header)) {
      return refused('INVALID_RECORD', 'this broker does not take transactional or control batches');
    }
    if (header.recordCount !== header.lastOffsetDelta + 1) {
      const found = `${header.recordCount} records with a last offset delta of ${header.lastOffsetDelta}`;
      return refused('INVALID_RECORD', `a produced batch has no gaps, this one has ${found}`);
    }
    if (header.recordCount > recordCountMax(header)) {
      const found = `${header.recordCount} records in ${header.sizeBytes} bytes`;
      return refused('INVALID_RECORD', `a batch has more records than it can hold: ${found}`);
    }
  }
  return batches;
}

function refused(code: ErrorCode, message: string): ProduceRefusal {
  return { kind: 'refused', code, message };
}
