import {
  type ErrorCode,
  type LeaderEpoch,
  MalformedBytesError,
  type Offset,
  type PartitionId,
  RequestError,
  type TopicId,
} from '@moldau/base';
import { isInternalTopic } from '@moldau/metadata';
import type { Acknowledged } from '@moldau/proto';
import {
  BATCH_HEADER_BYTES,
  type BatchAt,
  compressionCodec,
  isAppendTime,
  isControl,
  isTransactional,
  recordCountMax,
  validateBatches,
} from '@moldau/records';
import type { Partition } from '../partition/partition.ts';
import { stampAppendTime } from './append-time.ts';
import { isConverted, needsPreparation } from './batch-preparation.ts';
import {
  bounds,
  isTooYoung,
  looksAtRecords,
  type RecordError,
  type RecordFaults,
  recordFaults,
} from './record-rules.ts';
import { epochFault, notLedHere, type RequestContext } from './request-context.ts';

export const ACKS_NONE = 0;
const ACKS_LEADER = 1;
export const ACKS_ALL = -1;
/** Of zstd. */
const CODEC_MAX = 4;

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
  /** Where single records are at fault: the first of them. */
  readonly recordErrors?: readonly RecordError[];
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

/**
 * Checks and appends: batches are in the log in the order of the calls. `take` is told how it ended, within this call as long as
 * records may be taken as they are; true: it will be told later.
 */
export function takeBatches(
  context: RequestContext,
  ask: ProduceAsk,
  take: (outcome: ProduceOutcome) => void,
): boolean {
  const partition = context.partition(ask.topicId, ask.partition);
  const { preparation } = context;
  if (
    partition === undefined ||
    !(preparation.isBusy(partition) || batchesToPrepare(context, ask, partition) !== undefined)
  ) {
    take(produceBatches(context, ask, partition));
    return false;
  }
  preparation.run(partition, async () => {
    take(await prepareAndProduce(context, ask, partition));
  });
  return true;
}

/** Undefined `prepared`: the records are as they came, and what the topic asks of them is looked at here. */
function produceBatches(
  context: RequestContext,
  ask: ProduceAsk,
  partition: Partition | undefined,
  prepared?: Uint8Array,
): ProduceOutcome {
  const outcome = produceTo(context, ask, partition, prepared);
  if (outcome.kind === 'refused' && partition !== undefined) partition.counters.failedProduceRequests++;
  return outcome;
}

/** The batches, when they must be worked on before they are appended. Most topics ask nothing of records: one look at the config. */
function batchesToPrepare(
  context: RequestContext,
  { records }: ProduceAsk,
  partition: Partition,
): readonly BatchAt[] | undefined {
  const { config } = partition;
  if (config.compressionType === 'producer' && !looksAtRecords(config)) return undefined;
  // Whoever cannot append here says why.
  if (!partition.servesAsLeader() || isInternalTopic(partition.topic)) return undefined;
  const batches = validate(context, records, partition);
  return Array.isArray(batches) && needsPreparation(batches, config) ? batches : undefined;
}

async function prepareAndProduce(
  context: RequestContext,
  ask: ProduceAsk,
  partition: Partition,
): Promise<ProduceOutcome> {
  const batches = batchesToPrepare(context, ask, partition);
  // It waited only for those before it.
  if (batches === undefined) return produceBatches(context, ask, partition);
  const prepared = await orUnreadable(() => context.preparation.prepare(ask.records, batches, partition.config));
  if (prepared instanceof Uint8Array) {
    for (const { header } of batches) {
      if (isConverted(header, partition.config)) partition.counters.messageConversions += header.recordCount;
    }
    return produceBatches(context, ask, partition, prepared);
  }
  partition.counters.failedProduceRequests++;
  return prepared.kind === 'faults' ? faulty(prepared) : prepared;
}

async function orUnreadable<T>(prepare: () => Promise<T>): Promise<T | ProduceRefusal> {
  try {
    return await prepare();
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    return unreadable(error);
  }
}

function unreadable(error: MalformedBytesError): ProduceRefusal {
  return refused('INVALID_RECORD', `the records of a batch cannot be read: ${error.message}`);
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

function produceTo(
  context: RequestContext,
  ask: ProduceAsk,
  partition: Partition | undefined,
  prepared: Uint8Array | undefined,
): ProduceOutcome {
  const { acks } = ask;
  const records = prepared ?? ask.records;
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
  partition.counters.bytesIn += ask.records.length;
  const batches = validate(context, records, partition);
  if (!Array.isArray(batches)) return batches;
  const unwanted = prepared === undefined ? faultyRecords(context, records, batches, partition) : undefined;
  if (unwanted !== undefined) return unwanted;
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
  const nowWallMs = context.clock.wallMs();
  for (const { header } of batches) {
    if (compressionCodec(header) > CODEC_MAX) {
      return refused('UNSUPPORTED_COMPRESSION_TYPE', `a batch is compressed with codec ${compressionCodec(header)}`);
    }
    if (isAppendTime(header)) {
      return refused('INVALID_TIMESTAMP', 'the time of the append is set by the broker: send the time of creation');
    }
    if (isTooYoung(header, partition.config, nowWallMs)) {
      const message = `its youngest record has time ${header.maxTimestamp}, which is not ${bounds(partition.config, nowWallMs)}`;
      return refused('INVALID_TIMESTAMP', message);
    }
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

/** Records that can be looked at at once. */
function faultyRecords(
  { clock }: RequestContext,
  records: Uint8Array,
  batches: readonly BatchAt[],
  { config }: Partition,
): ProduceRefusal | undefined {
  if (!looksAtRecords(config)) return undefined;
  for (const { header, position } of batches) {
    const plain = records.subarray(position + BATCH_HEADER_BYTES, position + header.sizeBytes);
    try {
      const found = atOnce(recordFaults(plain, header, config, clock.wallMs()));
      if (found !== undefined) return faulty(found);
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      return unreadable(error);
    }
  }
  return undefined;
}

function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function faulty({ code, message, errors: recordErrors }: RecordFaults): ProduceRefusal {
  return { kind: 'refused', code, message, recordErrors };
}

function refused(code: ErrorCode, message: string): ProduceRefusal {
  return { kind: 'refused', code, message };
}
