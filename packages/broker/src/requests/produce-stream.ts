import {
  type ErrorCode,
  errorNumber,
  type Offset,
  type RpcHandler,
  type RpcStream,
  type RpcStreamEvents,
  streamHandler,
} from '@moldau/base';
import { ApiService, type ProduceItem, type ProduceRequest, type ProduceResponse, ProduceResult } from '@moldau/proto';
import type { Partition, ProduceWait } from '../partition/partition.ts';
import type { TurnTask } from '../turn.ts';
import type { ConnectionBytes, InFlightBytes } from './in-flight-bytes.ts';
import {
  ACKS_ALL,
  ACKS_NONE,
  afterAppend,
  BATCH_OVERHEAD_BYTES,
  type ProduceOutcome,
  type ProduceRefusal,
  takeBatches,
} from './produce-batches.ts';
import { currentLeader, ITEMS_PER_MESSAGE_MAX, type RequestContext } from './request-context.ts';

/** What an unsent answer counts for among the bytes in flight: a producer that does not read its answers is paused too. */
const RESULT_BYTES = 128;

/** A batch that waits for its replication; the only object that is made for it. */
interface PendingProduce extends ProduceWait {
  readonly correlation: number;
  readonly bytes: number;
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
    for (const item of request.items) this.#produce(item);
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
    const { topicId, partition: number } = partition;
    if (error !== undefined) {
      partition.counters.failedProduceRequests++;
      const item = { correlation, topicId, partition: number, acks: ACKS_ALL };
      this.#refuse(item, afterAppend(error), baseOffset);
      return;
    }
    const logStartOffset = partition.log.startOffset;
    const acknowledged = partition.replicatedAs(wait.requiredOffset);
    this.#answer(ProduceResult.create({ correlation, baseOffset, logStartOffset, acknowledged }));
  }

  #produce(item: ProduceItem): void {
    const bytes = item.records.length + BATCH_OVERHEAD_BYTES;
    let isLater = false;
    isLater = takeBatches(this.#context, item, (outcome) => {
      if (isLater) this.#inFlight.remove(bytes);
      this.#take(item, outcome);
    });
    if (isLater) this.#inFlight.add(bytes);
  }

  #take(item: ProduceItem, outcome: ProduceOutcome): void {
    const { correlation } = item;
    if (outcome.kind === 'refused') {
      this.#refuse(item, outcome);
      return;
    }
    const { partition, baseOffset } = outcome;
    if (outcome.kind === 'done') {
      const { acknowledged } = outcome;
      if (acknowledged === undefined) return;
      const logStartOffset = partition.log.startOffset;
      this.#answer(ProduceResult.create({ correlation, baseOffset, logStartOffset, acknowledged }));
      return;
    }
    const bytes = item.records.length + BATCH_OVERHEAD_BYTES;
    const { requiredOffset, deadlineMs } = outcome;
    const pending: PendingProduce = { requiredOffset, deadlineMs, baseOffset, answerTo: this, correlation, bytes };
    this.#inFlight.add(bytes);
    partition.awaitReplication(pending);
  }

  #refuse(
    item: Pick<ProduceItem, 'correlation' | 'topicId' | 'partition' | 'acks'>,
    refusal: Pick<ProduceRefusal, 'code' | 'message'>,
    baseOffset: Offset = -1,
  ): void {
    if (item.acks === ACKS_NONE) return;
    const { correlation, topicId, partition } = item;
    const isElsewhere = refusal.code === 'NOT_LEADER_OR_FOLLOWER' || refusal.code === 'FENCED_LEADER_EPOCH';
    this.#answer(
      ProduceResult.create({
        correlation,
        errorCode: errorNumber(refusal.code),
        message: refusal.message,
        baseOffset,
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
