import {
  type ErrorCode,
  errorNumber,
  type Offset,
  RequestError,
  type RpcHandler,
  type RpcStream,
  type RpcStreamEvents,
  streamHandler,
} from '@moldau/base';
import {
  type Acknowledged,
  ApiService,
  type ProduceItem,
  type ProduceRequest,
  type ProduceResponse,
  ProduceResult,
} from '@moldau/proto';
import { type BatchAt, isControl, isTransactional, recordCountMax, validateBatches } from '@moldau/records';
import type { Partition, ProduceWait } from '../partition/partition.ts';
import type { PartitionLeader } from '../partition/partition-leader.ts';
import type { TurnTask } from '../turn.ts';
import { stampAppendTime } from './append-time.ts';
import type { ConnectionBytes, InFlightBytes } from './in-flight-bytes.ts';
import {
  currentLeader,
  epochFault,
  ITEMS_PER_MESSAGE_MAX,
  notLedHere,
  type RequestContext,
} from './request-context.ts';

const ACKS_NONE = 0;
const ACKS_LEADER = 1;
const ACKS_ALL = -1;

/**
 * What a batch costs beside its bytes while it waits: its place in the log's tail, in the journal's queue, and here. Measured
 * at 627 bytes of memory for a batch of 75; without it, small batches would take eight times what is counted.
 */
const BATCH_OVERHEAD_BYTES = 512;

/** What an unsent answer counts for among the bytes in flight: a producer that does not read its answers is paused too. */
const RESULT_BYTES = 128;

/** A batch that waits for its replication; the only object that is made for it. */
interface PendingProduce extends ProduceWait {
  readonly correlation: number;
  readonly bytes: number;
}

interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
}

export function produceHandler(context: RequestContext, inFlight: InFlightBytes): RpcHandler {
  return streamHandler(ApiService.produce, (stream) => new ProduceStream(context, inFlight, stream));
}

/** One producer's connection. The answers of a turn leave as one message. */
class ProduceStream implements RpcStreamEvents<ProduceRequest>, TurnTask {
  queued = false;
  readonly #context: RequestContext;
  readonly #stream: RpcStream<ProduceResponse>;
  readonly #inFlight: ConnectionBytes;
  #results: ProduceResult[] = [];
  #closed = false;

  constructor(context: RequestContext, inFlight: InFlightBytes, stream: RpcStream<ProduceResponse>) {
    this.#context = context;
    this.#stream = stream;
    this.#inFlight = inFlight.open(stream);
  }

  onMessage(request: ProduceRequest): void {
    if (request.items.length > ITEMS_PER_MESSAGE_MAX) {
      this.#stream.close({ code: 'failed', message: `send at most ${ITEMS_PER_MESSAGE_MAX} batches at once` });
      return;
    }
    for (const item of request.items) {
      const partition = this.#context.partition(item.topicId, item.partition);
      const refused = this.#produce(item, partition);
      if (refused === undefined) continue;
      if (partition !== undefined) partition.counters.failedProduceRequests++;
      this.#refuse(item, refused);
    }
  }

  onReady(): void {
    this.#context.turn.send(this);
  }

  onClose(): void {
    this.#closed = true;
    this.#inFlight.close();
    this.#inFlight.remove(this.#results.length * RESULT_BYTES);
    this.#results = [];
  }

  /** Answers wait in order for the transport; their number is bounded by the bytes in flight. */
  runTurn(): void {
    if (this.#closed || this.#results.length === 0 || !this.#stream.ready()) return;
    const results = this.#results;
    this.#results = [];
    this.#inFlight.remove(results.length * RESULT_BYTES);
    this.#stream.send({ results });
  }

  produced(wait: ProduceWait, partition: Partition, error: ErrorCode | undefined): void {
    const { correlation, bytes, baseOffset } = wait as PendingProduce;
    this.#inFlight.remove(bytes);
    if (this.#closed) return;
    if (error !== undefined) {
      partition.counters.failedProduceRequests++;
      const { topicId, partition: number } = partition;
      this.#refuse(
        { correlation, topicId, partition: number, acks: ACKS_ALL },
        { code: error, message: OUTCOMES[error] ?? error },
      );
      return;
    }
    this.#succeed(correlation, baseOffset, partition, partition.replicatedAs(wait.requiredOffset));
  }

  #produce(item: ProduceItem, partition: Partition | undefined): Refused | undefined {
    const { acks } = item;
    if (acks !== ACKS_NONE && acks !== ACKS_LEADER && acks !== ACKS_ALL) {
      return { code: 'INVALID_REQUIRED_ACKS', message: `acks is -1, 0 or 1, not ${acks}` };
    }
    const leader = partition?.leader;
    if (partition === undefined || leader === undefined || !partition.servesAsLeader()) {
      return notLedHere(this.#context, item.topicId, item.partition);
    }
    const fault = epochFault(item.leaderEpoch, leader.leaderEpoch);
    if (fault !== undefined) return fault;
    if (acks === ACKS_ALL && !leader.hasMinIsr) {
      const message = `${leader.isr.length} replicas are in sync, min.insync.replicas asks for more; nothing was appended`;
      return { code: 'NOT_ENOUGH_REPLICAS', message };
    }
    partition.counters.produceRequests++;
    partition.counters.bytesIn += item.records.length;
    const batches = this.#validate(item.records, partition);
    if (!Array.isArray(batches)) return batches;
    return this.#append(item, batches, partition, leader);
  }

  #append(
    item: ProduceItem,
    batches: readonly BatchAt[],
    partition: Partition,
    leader: PartitionLeader,
  ): Refused | undefined {
    const { correlation, acks, records } = item;
    const outcome = partition.append(records, leader);
    if (outcome.kind === 'refused') return outcome;
    if (outcome.kind === 'appended') {
      for (const { header } of batches) partition.counters.messagesIn += header.recordCount;
    }
    if (acks === ACKS_NONE) return undefined;
    const isKnown = outcome.kind === 'duplicate' && this.#context.bugs.has('duplicate-answered-before-hw');
    if (acks === ACKS_LEADER || isKnown) {
      this.#succeed(correlation, outcome.baseOffset, partition, isKnown ? 'flushed' : 'appended');
      return undefined;
    }
    const bytes = records.length + BATCH_OVERHEAD_BYTES;
    const pending: PendingProduce = {
      requiredOffset: outcome.endOffset,
      deadlineMs: this.#context.clock.nowMs() + item.timeoutMs,
      baseOffset: outcome.baseOffset,
      answerTo: this,
      correlation,
      bytes,
    };
    this.#inFlight.add(bytes);
    partition.awaitReplication(pending);
    return undefined;
  }

  #validate(records: Uint8Array, partition: Partition): BatchAt[] | Refused {
    const { checksum, clock } = this.#context;
    const { maxMessageBytes, messageTimestampType } = partition.config;
    let batches: BatchAt[];
    try {
      batches = validateBatches(records, checksum, { batchBytesMax: maxMessageBytes });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return error;
    }
    for (const { header } of batches) {
      if (isControl(header) || isTransactional(header)) {
        return { code: 'INVALID_RECORD', message: 'this broker does not take transactional or control batches' };
      }
      if (header.recordCount !== header.lastOffsetDelta + 1) {
        const found = `${header.recordCount} records with a last offset delta of ${header.lastOffsetDelta}`;
        return { code: 'INVALID_RECORD', message: `a produced batch has no gaps, this one has ${found}` };
      }
      if (header.recordCount > recordCountMax(header)) {
        const found = `${header.recordCount} records in ${header.sizeBytes} bytes`;
        return { code: 'INVALID_RECORD', message: `a batch has more records than it can hold: ${found}` };
      }
    }
    if (messageTimestampType === 'LogAppendTime') stampAppendTime(records, batches, checksum, clock.wallMs());
    return batches;
  }

  #succeed(correlation: number, baseOffset: Offset, partition: Partition, acknowledged: Acknowledged): void {
    const logStartOffset = partition.log.startOffset;
    this.#answer(ProduceResult.create({ correlation, baseOffset, logStartOffset, acknowledged }));
  }

  #refuse(item: Pick<ProduceItem, 'correlation' | 'topicId' | 'partition' | 'acks'>, refused: Refused): void {
    if (item.acks === ACKS_NONE) return;
    const { correlation, topicId, partition } = item;
    const isElsewhere = refused.code === 'NOT_LEADER_OR_FOLLOWER' || refused.code === 'FENCED_LEADER_EPOCH';
    this.#answer(
      ProduceResult.create({
        correlation,
        errorCode: errorNumber(refused.code),
        message: refused.message,
        baseOffset: -1,
        currentLeader: isElsewhere ? currentLeader(this.#context, topicId, partition) : undefined,
      }),
    );
  }

  #answer(result: ProduceResult): void {
    this.#results.push(result);
    this.#inFlight.add(RESULT_BYTES);
    this.#context.turn.send(this);
  }
}

/** After the append: whether the records stay is not known yet, so the sender sends the same batch again. */
const OUTCOMES: Partial<Record<ErrorCode, string>> = {
  NOT_LEADER_OR_FOLLOWER: 'the leader changed before the batch was replicated; send it again to the new one',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'too few replicas are in sync since the batch was appended; send it again',
  REQUEST_TIMED_OUT: 'the batch was appended and not replicated in time; send it again, or wait longer',
};
