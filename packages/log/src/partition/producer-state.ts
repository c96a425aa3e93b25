import {
  ByteReader,
  ByteWriter,
  type ErrorCode,
  MalformedBytesError,
  NO_PRODUCER_ID,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
} from '@moldau/base';
import { type BatchHeader, batchEndOffset, isControl, sequenceAfter, sequenceDistance } from '@moldau/records';

/** A batch that a producer may send again, since it may not have seen the answer. */
interface RememberedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: Offset;
  readonly endOffset: Offset;
}

interface ProducerEntry {
  epoch: ProducerEpoch;
  /** Wall time of the last append, for expiry. Not the batch's timestamp: a replay of old data would expire at once. */
  lastAppendMs: number;
  /** The last {@link BATCHES_REMEMBERED}, oldest first. */
  batches: RememberedBatch[];
}

/** As many as a producer may have in flight (KAFKA-5494): a retry can be no older. */
const BATCHES_REMEMBERED = 5;

/** Producers of one partition; the least recently active is forgotten first. About 300 bytes each. */
const PRODUCERS_MAX = 20_000;

export type SequenceVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate'; readonly baseOffset: Offset; readonly endOffset: Offset }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

const ACCEPTED: SequenceVerdict = { kind: 'accepted' };

/**
 * What a partition knows of its idempotent producers (KIP-98): sequences are contiguous within a producer's epoch, and
 * a batch sent again is answered with the offsets it got the first time.
 *
 * A producer that is not known must start at sequence 0. Accepting any number would let the second of two batches in
 * flight be appended after a failover while the first is still on its way. One that may have been forgotten here has to take
 * a new epoch: UNKNOWN_PRODUCER_ID. One that never was here sends an earlier batch again: OUT_OF_ORDER_SEQUENCE_NUMBER.
 */
export class ProducerState {
  /** In the order of their last append. */
  #producers = new Map<ProducerId, ProducerEntry>();
  /** No producer with a higher id was known here and is not any more. Ids are given once, so one number does. */
  #forgottenMax: ProducerId = NO_PRODUCER_ID;

  get count(): number {
    return this.#producers.size;
  }

  /** Decides on a batch before it is appended; changes nothing. */
  check(header: BatchHeader): SequenceVerdict {
    if (header.producerId === NO_PRODUCER_ID || isControl(header)) return ACCEPTED;
    const entry = this.#producers.get(header.producerId);
    if (entry === undefined) {
      if (header.baseSequence === 0) return ACCEPTED;
      if (header.producerId > this.#forgottenMax) {
        return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', header, 'is new here; sequence 0 is to come before');
      }
      return refuse('UNKNOWN_PRODUCER_ID', header, 'is not known here; take a new epoch and start at sequence 0');
    }
    if (header.producerEpoch < entry.epoch) {
      return refuse('INVALID_PRODUCER_EPOCH', header, `is fenced by its epoch ${entry.epoch}`);
    }
    if (header.producerEpoch > entry.epoch) {
      if (header.baseSequence === 0) return ACCEPTED;
      return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', header, 'must start its new epoch at sequence 0');
    }
    return checkSequence(entry, header);
  }

  /** Takes a batch that stands in the log, in its final offsets. */
  apply(header: BatchHeader, nowMs: number): void {
    if (header.producerId === NO_PRODUCER_ID || isControl(header)) return;
    const known = this.#producers.get(header.producerId);
    const batches = known !== undefined && known.epoch === header.producerEpoch ? known.batches : [];
    batches.push({
      baseSequence: header.baseSequence,
      lastSequence: sequenceAfter(header.baseSequence, header.lastOffsetDelta),
      baseOffset: header.baseOffset,
      endOffset: batchEndOffset(header),
    });
    if (batches.length > BATCHES_REMEMBERED) batches.shift();
    this.#producers.delete(header.producerId);
    this.#producers.set(header.producerId, { epoch: header.producerEpoch, lastAppendMs: nowMs, batches });
    if (this.#producers.size > PRODUCERS_MAX) this.#forgetOldest();
  }

  /** Whether anything it knows stands at or behind this offset, and would have to be unlearnt by a truncation there. */
  reachesBeyond(offset: Offset): boolean {
    for (const { batches } of this.#producers.values()) {
      if ((batches.at(-1)?.endOffset ?? 0) > offset) return true;
    }
    return false;
  }

  expire(nowMs: number, expiryMs: number): void {
    for (const [producerId, entry] of this.#producers) {
      if (nowMs - entry.lastAppendMs < expiryMs) return;
      this.#forget(producerId);
    }
  }

  clear(): void {
    this.#producers.clear();
    this.#forgottenMax = NO_PRODUCER_ID;
  }

  /** There were batches that nobody can tell of any more: any producer may have sent them. */
  lackBeginning(): void {
    this.#forgottenMax = Number.MAX_SAFE_INTEGER;
  }

  /**
   * What the batches that end at or below `below` told.
   *
   *     i64  no producer with a higher id was forgotten
   *     u32  count of producers, in the order of their last append; each:
   *          i64 producer id, i16 epoch, i64 last append ms, i8 count of batches; each:
   *          i32 base sequence, i32 last sequence, i64 base offset, i64 end offset
   */
  encode(below: Offset = Number.POSITIVE_INFINITY): Uint8Array<ArrayBuffer> {
    const entries: [ProducerId, ProducerEntry][] = [];
    for (const [producerId, entry] of this.#producers) {
      const batches = entry.batches.filter(({ endOffset }) => endOffset <= below);
      // Nothing of it is known there: it came later, or its last batches did.
      if (batches.length > 0) entries.push([producerId, { ...entry, batches }]);
    }
    const writer = new ByteWriter(12 + entries.length * 64).int64(this.#forgottenMax).uint32(entries.length);
    for (const [producerId, entry] of entries) {
      writer.int64(producerId).int16(entry.epoch).int64(entry.lastAppendMs).int8(entry.batches.length);
      for (const { baseSequence, lastSequence, baseOffset, endOffset } of entry.batches) {
        writer.int32(baseSequence).int32(lastSequence).int64(baseOffset).int64(endOffset);
      }
    }
    return writer.finish();
  }

  /** @throws MalformedBytesError, and the state is as before */
  replaceWith(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    const forgottenMax = reader.int64();
    const producers = new Map<ProducerId, ProducerEntry>();
    const count = reader.uint32();
    if (count > PRODUCERS_MAX) throw new MalformedBytesError(`${count} producers in one partition`);
    for (let index = 0; index < count; index++) {
      const producerId = reader.int64();
      const entry: ProducerEntry = { epoch: reader.int16(), lastAppendMs: reader.int64(), batches: [] };
      const batchCount = reader.int8();
      if (batchCount < 0 || batchCount > BATCHES_REMEMBERED) throw new MalformedBytesError(`${batchCount} batches`);
      for (let each = 0; each < batchCount; each++) entry.batches.push(readBatch(reader));
      producers.set(producerId, entry);
    }
    if (reader.remaining > 0) throw new MalformedBytesError(`${reader.remaining} bytes follow the producers`);
    this.#producers = producers;
    this.#forgottenMax = forgottenMax;
  }

  #forgetOldest(): void {
    for (const producerId of this.#producers.keys()) {
      this.#forget(producerId);
      return;
    }
  }

  #forget(producerId: ProducerId): void {
    this.#producers.delete(producerId);
    this.#forgottenMax = Math.max(this.#forgottenMax, producerId);
  }
}

/** {@link ProducerState.encode} of none. */
export const NO_PRODUCERS: Uint8Array = new ProducerState().encode();

function checkSequence(entry: ProducerEntry, header: BatchHeader): SequenceVerdict {
  const lastSequence = sequenceAfter(header.baseSequence, header.lastOffsetDelta);
  const same = entry.batches.find(
    (batch) => batch.baseSequence === header.baseSequence && batch.lastSequence === lastSequence,
  );
  if (same !== undefined) return { kind: 'duplicate', baseOffset: same.baseOffset, endOffset: same.endOffset };
  const newest = entry.batches.at(-1);
  const expected = newest === undefined ? 0 : sequenceAfter(newest.lastSequence, 1);
  if (header.baseSequence === expected) return ACCEPTED;
  // Appended so long ago that its offset is forgotten: clients take this code as a success without an offset.
  if (sequenceDistance(header.baseSequence, entry.batches[0]?.baseSequence ?? 0) > 0) {
    return refuse('DUPLICATE_SEQUENCE_NUMBER', header, `was appended before; ${expected} is next`);
  }
  return refuse('OUT_OF_ORDER_SEQUENCE_NUMBER', header, `is out of order; ${expected} is next`);
}

function refuse(code: ErrorCode, header: BatchHeader, fault: string): SequenceVerdict {
  const sender = `producer ${header.producerId}, epoch ${header.producerEpoch}, sequence ${header.baseSequence}`;
  return { kind: 'refused', code, message: `${sender} ${fault}` };
}

function readBatch(reader: ByteReader): RememberedBatch {
  return {
    baseSequence: reader.int32(),
    lastSequence: reader.int32(),
    baseOffset: reader.int64(),
    endOffset: reader.int64(),
  };
}
