import { MoldauError } from '@moldau/client';
import type { TopicPartition } from './kafka-cluster.ts';

/** As many batches of a partition are on their way as idempotence allows. */
const IN_FLIGHT_MAX = 5;
const RECORDS_PER_BATCH_MAX = 10;

export interface PendingRecord {
  readonly key: string;
  readonly value: string;
  readonly createdWallMs: number;
  readonly deadlineMs: number;
  readonly kept: (offset: bigint) => void;
  readonly failed: (error: MoldauError) => void;
}

export interface LineBatch {
  readonly baseSequence: number;
  readonly records: readonly PendingRecord[];
  wasSent: boolean;
  isInFlight: boolean;
}

/**
 * What a producer has for one partition: records that wait, and batches that have their sequence. When one batch fails, nothing
 * more is sent until all are back; then all that are left are sent again, in their order.
 */
export class ProducerLine {
  readonly at: TopicPartition;
  readonly #queue: PendingRecord[] = [];
  #batches: LineBatch[] = [];
  #nextSequence = 0;
  #isHeld = false;
  #isReturning = false;

  constructor(at: TopicPartition) {
    this.at = at;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0 && this.#batches.length === 0;
  }

  get #inFlight(): number {
    return this.#batches.filter(({ isInFlight }) => isInFlight).length;
  }

  add(record: PendingRecord): void {
    this.#queue.push(record);
  }

  /** Whether an answer to this one can be told only by those before it. */
  isFirst(batch: LineBatch): boolean {
    return this.#batches[0] === batch;
  }

  /** The next to be sent, which is on its way from now on. */
  next(): LineBatch | undefined {
    if (this.#isHeld || this.#inFlight >= IN_FLIGHT_MAX) return undefined;
    const batch = this.#batches.find(({ isInFlight }) => !isInFlight) ?? this.#begin();
    if (batch !== undefined) batch.isInFlight = true;
    return batch;
  }

  /** @param baseOffset negative: it was kept before, and nobody knows where */
  kept(batch: LineBatch, baseOffset: number): void {
    this.#batches = this.#batches.filter((each) => each !== batch);
    for (const [index, { kept }] of batch.records.entries()) kept(baseOffset < 0 ? -1n : BigInt(baseOffset + index));
  }

  failed(batch: LineBatch): void {
    batch.isInFlight = false;
    this.#isHeld = true;
  }

  /** True once all are back after a failure, and only once: whoever hears it sees to {@link sendAgain}. */
  takeBack(): boolean {
    if (!this.#isHeld || this.#isReturning || this.#inFlight > 0) return false;
    this.#isReturning = true;
    return true;
  }

  sendAgain(): void {
    this.#isHeld = false;
    this.#isReturning = false;
  }

  /** Gives up what has waited too long. True: a batch was among it, so that nothing can follow it any more. */
  expire(nowMs: number): boolean {
    while ((this.#queue[0]?.deadlineMs ?? nowMs + 1) <= nowMs) this.#queue.shift()?.failed(neverSent());
    const oldest = this.#batches[0]?.records[0];
    if (oldest === undefined || oldest.deadlineMs > nowMs || this.#inFlight > 0) return false;
    this.end();
    return true;
  }

  end(): void {
    for (const { wasSent, records } of this.#batches.splice(0)) {
      for (const { failed } of records) failed(wasSent ? unknownOutcome() : neverSent());
    }
    for (const { failed } of this.#queue.splice(0)) failed(neverSent());
  }

  #begin(): LineBatch | undefined {
    const records = this.#queue.splice(0, RECORDS_PER_BATCH_MAX);
    if (records.length === 0) return undefined;
    const batch: LineBatch = { baseSequence: this.#nextSequence, records, wasSent: false, isInFlight: false };
    this.#nextSequence += records.length;
    this.#batches.push(batch);
    return batch;
  }
}

function neverSent(): MoldauError {
  return new MoldauError('TIMED_OUT', 'it was never sent');
}

function unknownOutcome(): MoldauError {
  return new MoldauError('OUTCOME_UNKNOWN', 'it was sent and not answered in time');
}
