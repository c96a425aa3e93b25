import type { Checksum } from '@moldau/base';
import { DeliveryLine } from './delivery-line.ts';
import type { ProducerBatch, ProducerIdentity } from './producer-batch.ts';
import type { ProducerLimits } from './producer-options.ts';

/** What the broker's window of a producer's latest batches can recognise as duplicates (KIP-98). */
const IN_FLIGHT_MAX = 5;

/** All of one partition's batches: one gathers, some are closed, the line is sent. One owner, the producer. */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly line: DeliveryLine<ProducerBatch>;
  /** Of the topic that the line's numbers belong to. */
  topicId = '';
  identity: ProducerIdentity | undefined;
  /** The broker knows a higher epoch of it: at the next renewal another id is needed. */
  identityVoid = false;
  gathering: ProducerBatch | undefined;
  readonly closed: ProducerBatch[] = [];
  /** Where what is in flight was sent. */
  sentTo = '';
  sentEpoch = -1;
  failedAttempts = 0;
  retryAtMs = 0;
  /** What the topic takes at most, as far as its refusals have told. */
  batchBytesMax: number;

  constructor(topic: string, partition: number, limits: ProducerLimits) {
    this.topic = topic;
    this.partition = partition;
    this.batchBytesMax = limits.batchBytesMax;
    // Without numbers nothing puts batches in order again when one of several in flight fails.
    const inFlightMax = limits.idempotent ? IN_FLIGHT_MAX : 1;
    this.line = new DeliveryLine({ inFlightMax, sequenced: limits.idempotent });
  }

  get isEmpty(): boolean {
    return this.gathering === undefined && this.closed.length === 0 && this.line.batches.length === 0;
  }

  /** Batches were made one after the other, so the first of each stage expires first. */
  get firstDeadlineMs(): number {
    const first = this.line.batches[0] ?? this.closed[0] ?? this.gathering;
    return first?.deadlineMs ?? Infinity;
  }

  /** All that is not settled, oldest first. */
  *batches(): Iterable<ProducerBatch> {
    yield* this.line.batches;
    yield* this.closed;
    if (this.gathering !== undefined) yield this.gathering;
  }

  /** A batch of this size was refused for it. Nothing tells the limit itself, so a few halvings find it. */
  refusedSize(sizeBytes: number): void {
    this.batchBytesMax = Math.min(this.batchBytesMax, Math.floor(sizeBytes / 2));
  }

  /** The next closed batch, or the first part of it when it was closed before its size was known to be too large. It stays. */
  nextClosed(checksum: Checksum): ProducerBatch | undefined {
    const batch = this.closed.shift();
    this.closed.unshift(...(batch?.split(this.batchBytesMax, checksum) ?? []));
    return this.closed[0];
  }

  /** The gathering batch takes no more records. */
  close(): ProducerBatch | undefined {
    const batch = this.gathering;
    this.gathering = undefined;
    if (batch !== undefined) this.closed.push(batch);
    return batch;
  }

  /** The owner gives it up. */
  remove(batch: ProducerBatch): void {
    if (this.gathering === batch) this.gathering = undefined;
    else if (this.closed.includes(batch)) this.closed.splice(this.closed.indexOf(batch), 1);
    else this.line.forget(batch);
  }

  /** When the gathering batch is due, if nothing closes it before. */
  lingerEndMs(lingerMs: number): number {
    if (this.gathering === undefined) return Infinity;
    return this.gathering.urgent ? this.gathering.createdMs : this.gathering.createdMs + lingerMs;
  }
}
