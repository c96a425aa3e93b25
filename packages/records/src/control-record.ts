import { ByteReader, ByteWriter, MalformedBytesError } from '@moldau/base';
import type { RecordData } from './record.ts';

/**
 * The one record of a control batch: the end of a producer's transaction in this partition.
 *
 *     key    i16 version 0, i16 type: 0 abort, 1 commit
 *     value  i16 version 0, i32 coordinator epoch
 */
export interface EndTransactionMarker {
  readonly outcome: 'abort' | 'commit';
  readonly coordinatorEpoch: number;
}

const VERSION = 0;
const ABORT = 0;
const COMMIT = 1;

export function encodeMarker(marker: EndTransactionMarker): RecordData {
  const key = new ByteWriter(4).int16(VERSION).int16(marker.outcome === 'commit' ? COMMIT : ABORT);
  const value = new ByteWriter(6).int16(VERSION).int32(marker.coordinatorEpoch);
  return { key: key.finish(), value: value.finish(), headers: [] };
}

/** @throws MalformedBytesError when this is no marker; a later version's additional fields are ignored */
export function decodeMarker(record: RecordData): EndTransactionMarker {
  if (record.key === null || record.value === null)
    throw new MalformedBytesError('a control record has a key and a value');
  const key = new ByteReader(record.key);
  key.int16();
  const type = key.int16();
  if (type !== ABORT && type !== COMMIT) throw new MalformedBytesError(`a control record has type ${type}`);
  const value = new ByteReader(record.value);
  value.int16();
  return { outcome: type === COMMIT ? 'commit' : 'abort', coordinatorEpoch: value.int32() };
}
