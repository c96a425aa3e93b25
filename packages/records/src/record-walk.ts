import { ByteReader, MalformedBytesError } from '@moldau/base';
import type { BatchHeader } from './batch-header.ts';

/** What a broker may want to know of one record, without its bytes. */
export interface WalkedRecord {
  /** In the batch, from 0. */
  readonly index: number;
  readonly offsetDelta: number;
  /** The producer's: its delta added to the batch's base. */
  readonly timestampMs: number;
  readonly hasKey: boolean;
}

/** Looked at in one go: a ms or two. */
const RECORDS_PER_STEP = 10_000;

/**
 * Walks the decompressed records of a batch, whose values and headers are not looked at, until `visit` says false. Yields now
 * and then, so that others get their turn.
 *
 * @throws MalformedBytesError when they are not the records that the header announces
 */
export function* walkRecords(
  records: Uint8Array,
  header: BatchHeader,
  visit: (record: WalkedRecord) => boolean,
): Generator<void, void> {
  const reader = new ByteReader(records);
  for (let index = 0; index < header.recordCount; index++) {
    const sizeBytes = reader.varint();
    const end = reader.position + sizeBytes;
    if (sizeBytes < 0 || sizeBytes > reader.remaining) throw new MalformedBytesError('a record of a batch is cut');
    reader.int8();
    const timestampMs = header.baseTimestamp + reader.varlong();
    const offsetDelta = reader.varint();
    const hasKey = reader.varint() >= 0;
    if (reader.position > end) throw new MalformedBytesError('a record of a batch is longer than it says');
    reader.bytes(end - reader.position);
    if (!visit({ index, offsetDelta, timestampMs, hasKey })) return;
    if (index % RECORDS_PER_STEP === RECORDS_PER_STEP - 1) yield;
  }
  if (reader.remaining !== 0) throw new MalformedBytesError(`${reader.remaining} bytes follow the records of a batch`);
}
