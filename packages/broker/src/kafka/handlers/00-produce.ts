import { type ErrorCode, errorNumber, type Offset, type TopicId } from '@moldau/base';
import { produce, type RequestOf, type ResponseInput } from '@moldau/protocol';
import { BATCH_PREFIX_BYTES } from '@moldau/records';
import type { Partition, ProduceWait } from '../../partition/partition.ts';
import {
  ACKS_NONE,
  afterAppend,
  BATCH_OVERHEAD_BYTES,
  type ProduceOutcome,
  type ProduceRefusal,
  takeBatches,
} from '../../requests/produce-batches.ts';
import { unknownTopicHere } from '../../requests/request-context.ts';
import { type KafkaContext, LeaderHints, topicOf } from '../kafka-context.ts';
import { type KafkaCall, type KafkaHandler, kafkaHandler } from '../kafka-handler.ts';

type ProduceRequest = RequestOf<typeof produce>;
type ProduceResponse = ResponseInput<typeof produce>;
type TopicData = ProduceRequest['topicData'][number];
type PartitionResult = ProduceResponse['responses'][number]['partitionResponses'][number];

const NO_RECORDS = new Uint8Array(0);
/** Of the bytes behind it and its offset. */
const LENGTH_AT = 8;
const MAGIC_AT = 16;
const MAGIC = 2;
/** The lower byte of it. */
const ATTRIBUTES_AT = 22;
const CODEC_MASK = 7;
const ZSTD = 4;
const ZSTD_FROM_VERSION = 7;
const TIMEOUT_MS_MAX = 10 * 60_000;
const TOPIC_IDS_FROM_VERSION = 13;

export function produceHandler(context: KafkaContext): KafkaHandler {
  return kafkaHandler(produce, (request, call) => {
    return new Producing(context, request, call).run();
  });
}

/** One partition of the request, on its way to its answer. */
interface Slot {
  readonly index: number;
  readonly topicId: TopicId;
  result: PartitionResult | undefined;
}

interface PendingSlot extends ProduceWait {
  readonly slot: Slot;
  readonly appendTimeMs: number;
}

/** One request: all of it is appended within its turn, then it waits for what must be replicated. */
class Producing {
  readonly #context: KafkaContext;
  readonly #request: ProduceRequest;
  readonly #call: KafkaCall;
  readonly #hints: LeaderHints;
  readonly #topics: { readonly topic: TopicData; readonly slots: Slot[] }[] = [];
  #waiting = 0;
  #refused: string | undefined;
  #done: ((response: ProduceResponse | undefined) => void) | undefined;

  constructor(context: KafkaContext, request: ProduceRequest, call: KafkaCall) {
    this.#context = context;
    this.#request = request;
    this.#call = call;
    this.#hints = new LeaderHints(context.requests);
  }

  run(): Promise<ProduceResponse | undefined> | ProduceResponse | undefined {
    const usesIds = this.#call.apiVersion >= TOPIC_IDS_FROM_VERSION;
    for (const topic of this.#request.topicData) {
      const known = topicOf(this.#context.requests.image(), topic);
      const slots = topic.partitionData.map(({ index, records }) => {
        const slot: Slot = { index, topicId: known?.topicId ?? topic.topicId, result: undefined };
        if (known === undefined) this.#refuse(slot, unknownTopicHere(this.#context.requests, usesIds ? 'id' : 'name'));
        else this.#produce(slot, records ?? NO_RECORDS);
        return slot;
      });
      this.#topics.push({ topic, slots });
    }
    if (this.#waiting === 0) return this.#answer();
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  produced(wait: ProduceWait, partition: Partition, error: ErrorCode | undefined): void {
    const { slot, appendTimeMs } = wait as PendingSlot;
    if (error === undefined) this.#succeed(slot, partition, wait.baseOffset, appendTimeMs);
    else {
      partition.counters.failedProduceRequests++;
      this.#refuse(slot, afterAppend(error));
    }
    this.#ended();
  }

  /** One partition less to wait for. */
  #ended(): void {
    this.#waiting--;
    if (this.#waiting === 0) this.#done?.(this.#answer());
  }

  #produce(slot: Slot, records: Uint8Array): void {
    const refusal = this.#refusal(records);
    if (refusal !== undefined) {
      this.#refuse(slot, refusal);
      return;
    }
    const { acks, timeoutMs } = this.#request;
    const ask = {
      topicId: slot.topicId,
      partition: slot.index,
      leaderEpoch: -1,
      acks,
      timeoutMs: Math.max(0, Math.min(timeoutMs, TIMEOUT_MS_MAX)),
      records,
    };
    let isLater = false;
    isLater = takeBatches(this.#context.requests, ask, (outcome) => {
      this.#take(slot, outcome);
      if (isLater) this.#ended();
    });
    if (isLater) this.#waiting++;
  }

  /** What this door does not take, whatever the topic. */
  #refusal(records: Uint8Array): Pick<ProduceRefusal, 'code' | 'message'> | undefined {
    const magic = records[MAGIC_AT] ?? MAGIC;
    if (magic !== MAGIC) {
      const message = `messages of format ${magic} are not taken: send record batches (format ${MAGIC})`;
      return { code: 'INVALID_RECORD', message };
    }
    if (this.#call.apiVersion < ZSTD_FROM_VERSION && ((records[ATTRIBUTES_AT] ?? 0) & CODEC_MASK) === ZSTD) {
      const message = `zstd can be sent from version ${ZSTD_FROM_VERSION} of Produce on`;
      return { code: 'UNSUPPORTED_COMPRESSION_TYPE', message };
    }
    if (holdsSeveral(records)) {
      return { code: 'INVALID_RECORD', message: 'a partition takes one record batch in a request; there are several' };
    }
    return undefined;
  }

  #take(slot: Slot, outcome: ProduceOutcome): void {
    if (outcome.kind === 'refused') {
      this.#refuse(slot, outcome);
      return;
    }
    const { partition, baseOffset, appendTimeMs } = outcome;
    if (outcome.kind === 'done') {
      this.#succeed(slot, partition, baseOffset, appendTimeMs);
      return;
    }
    const { requiredOffset, deadlineMs } = outcome;
    const pending: PendingSlot = { requiredOffset, deadlineMs, baseOffset, answerTo: this, slot, appendTimeMs };
    this.#waiting++;
    this.#call.hold(BATCH_OVERHEAD_BYTES);
    partition.awaitReplication(pending);
  }

  #succeed(slot: Slot, partition: Partition, baseOffset: Offset, logAppendTimeMs: number): void {
    const { startOffset: logStartOffset } = partition.log;
    slot.result = { index: slot.index, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset };
  }

  #refuse(slot: Slot, { code, message, recordErrors = [] }: Omit<ProduceRefusal, 'kind'>): void {
    this.#refused ??= message;
    const leader = code === 'NOT_LEADER_OR_FOLLOWER' ? this.#hints.leaderOf(slot.topicId, slot.index) : undefined;
    slot.result = {
      index: slot.index,
      errorCode: errorNumber(code),
      baseOffset: -1,
      errorMessage: message,
      recordErrors: recordErrors.map((error) => ({ batchIndex: error.index, batchIndexErrorMessage: error.message })),
      ...(leader && { currentLeader: leader }),
    };
  }

  #answer(): ProduceResponse | undefined {
    if (this.#request.acks === ACKS_NONE) {
      // The only way to make such a producer ask who leads now.
      if (this.#refused !== undefined) this.#call.disconnect(`a produce with acks=0 failed: ${this.#refused}`);
      return undefined;
    }
    return {
      responses: this.#topics.map(({ topic: { name, topicId }, slots }) => ({
        name,
        topicId,
        partitionResponses: slots.flatMap(({ result }) => result ?? []),
      })),
      nodeEndpoints: this.#hints.nodeEndpoints,
    };
  }
}

/** By the length in the first one's header. Kafka takes one from version 3 on, so that what a duplicate is stays plain. */
function holdsSeveral(records: Uint8Array): boolean {
  if (records.length <= BATCH_PREFIX_BYTES) return false;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const firstBytes = BATCH_PREFIX_BYTES + view.getInt32(LENGTH_AT);
  return firstBytes > BATCH_PREFIX_BYTES && firstBytes < records.length;
}
