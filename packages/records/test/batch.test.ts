import { MalformedBytesError, pureChecksum, RequestError, utf8Encode } from '@moldau/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  assignBatch,
  BATCH_HEADER_BYTES,
  BatchBuilder,
  batchEndOffset,
  decodeMarker,
  encodeMarker,
  isChecksumRight,
  isControl,
  isTransactional,
  parseBatchHeader,
  type RecordData,
  readBatchRecords,
  sequenceAfter,
  sequenceDistance,
  splitBatches,
  TIMESTAMP_END_MS,
  validateBatches,
  wholeBatchesBytes,
} from '../src/index.ts';

function record(key: string | null, value: string | null): RecordData {
  return {
    key: key === null ? null : utf8Encode(key),
    value: value === null ? null : utf8Encode(value),
    headers: [],
  };
}

function batchOf(values: readonly string[], timestampMs = 1000): Uint8Array<ArrayBuffer> {
  const builder = new BatchBuilder({ producer: { producerId: 7, producerEpoch: 1, baseSequence: 3 } });
  for (const value of values) builder.append(record(null, value), timestampMs);
  return builder.finish(pureChecksum);
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

describe('the bytes', () => {
  test('a batch with one record stands as the format says, field by field', () => {
    const builder = new BatchBuilder({ producer: { producerId: 5, producerEpoch: 2, baseSequence: 9 } });
    builder.append({ key: utf8Encode('k'), value: null, headers: [{ name: 'h', value: new Uint8Array(0) }] }, 1000);
    const bytes = builder.finish(pureChecksum);
    const record = ['14', '00', '00', '00', '026b', '01', '02', '0268', '00'];
    const fields = [
      ['base offset', '0000000000000000'],
      ['length', '0000003c'],
      ['leader epoch', 'ffffffff'],
      ['magic', '02'],
      ['crc', hex(bytes.subarray(17, 21))],
      ['attributes', '0000'],
      ['last offset delta', '00000000'],
      ['base timestamp', '00000000000003e8'],
      ['max timestamp', '00000000000003e8'],
      ['producer id', '0000000000000005'],
      ['producer epoch', '0002'],
      ['base sequence', '00000009'],
      ['record count', '00000001'],
      ['record', record.join('')],
    ];
    expect(hex(bytes)).toBe(fields.map(([, value]) => value).join(''));
  });

  test('a record with a value alone takes six bytes beside it', () => {
    const body = hex(batchOf(['hello']).subarray(BATCH_HEADER_BYTES));
    expect(body).toBe('160000' + '00' + '01' + '0a68656c6c6f' + '00');
  });

  test('what the leader assigns does not touch the checksum', () => {
    const bytes = batchOf(['a', 'b']);
    assignBatch(bytes, 0, { baseOffset: 2 ** 40 + 3, leaderEpoch: 12 });
    const header = parseBatchHeader(bytes);
    expect(header).toMatchObject({ baseOffset: 2 ** 40 + 3, leaderEpoch: 12 });
    expect(batchEndOffset(header)).toBe(2 ** 40 + 5);
    expect(isChecksumRight(bytes, header, pureChecksum)).toBe(true);
  });
});

const recordArbitrary: fc.Arbitrary<RecordData> = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.option(fc.uint8Array({ maxLength: 200 })),
  headers: fc.array(
    fc.record({ name: fc.string({ maxLength: 10 }), value: fc.option(fc.uint8Array({ maxLength: 10 })) }),
    {
      maxLength: 3,
    },
  ),
});

/** What a program without types can hand over. */
const UNWRITABLE: readonly RecordData[] = [
  { value: 'text' },
  { value: [1, 2] },
  { value: undefined },
  { key: 7 },
  { headers: [{ name: 'h', value: 5 }] },
  { headers: [{ name: 'h', value: 'text' }] },
  { headers: [{ name: 5, value: null }] },
].map((fields) => ({ ...record('k', 'v'), ...fields }) as unknown as RecordData);

describe('distrust', () => {
  test('records come back as they were written, null and empty apart', () => {
    const timed = fc.tuple(recordArbitrary, fc.integer({ min: -1, max: 2 ** 50 }));
    fc.assert(
      fc.property(fc.array(timed, { minLength: 1, maxLength: 20 }), (records) => {
        const builder = new BatchBuilder();
        let sizeExpected = 0;
        for (const [data, timestampMs] of records) {
          sizeExpected = builder.sizeBytesWith(data, timestampMs);
          builder.append(data, timestampMs);
        }
        const bytes = builder.finish(pureChecksum);
        expect(bytes.length).toBe(sizeExpected);
        const header = parseBatchHeader(bytes);
        expect(header.maxTimestamp).toBe(Math.max(...records.map(([, timestampMs]) => timestampMs)));
        const read = readBatchRecords(bytes, header);
        expect(read.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(records.map(([data]) => data));
        expect(read.map((each) => each.timestampMs)).toEqual(records.map(([, timestampMs]) => timestampMs));
      }),
    );
  });

  test('a record that cannot be written leaves the batch as if it had never come', () => {
    const good = fc.tuple(recordArbitrary, fc.integer({ min: -1, max: TIMESTAMP_END_MS - 1 }));
    const bad: fc.Arbitrary<[RecordData, number]> = fc.oneof(
      fc.tuple(recordArbitrary, fc.constantFrom(TIMESTAMP_END_MS, Number.MAX_SAFE_INTEGER, -2, 1.5, Number.NaN)),
      fc.tuple(fc.constantFrom(...UNWRITABLE), fc.nat()),
    );
    const step = fc.oneof(
      good.map((each) => ({ ok: true, each })),
      bad.map((each) => ({ ok: false, each })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), good, (steps, last) => {
        const builder = new BatchBuilder();
        const expected = new BatchBuilder();
        for (const { ok, each } of [...steps, { ok: true, each: last }]) {
          if (!ok) {
            expect(() => builder.append(...each)).toThrow();
            continue;
          }
          builder.append(...each);
          expected.append(...each);
        }
        expect(hex(builder.finish(pureChecksum))).toBe(hex(expected.finish(pureChecksum)));
      }),
    );
  });

  test('every prefix of a batch is refused', () => {
    const bytes = batchOf(['one', 'two', 'three']);
    for (let length = 1; length < bytes.length; length++) {
      expect(() => splitBatches(bytes.subarray(0, length))).toThrow(MalformedBytesError);
      expect(wholeBatchesBytes(bytes.subarray(0, length))).toBe(0);
    }
    expect(wholeBatchesBytes(bytes)).toBe(bytes.length);
  });

  test('every flipped bit is refused, or lies in what the leader assigns', () => {
    const intact = batchOf(['one', 'two']);
    for (let bit = 0; bit < intact.length * 8; bit++) {
      const bytes = intact.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const assignedByLeader = bit < 8 * 8 || (bit >= 12 * 8 && bit < 16 * 8);
      let refused = false;
      try {
        validateBatches(bytes, pureChecksum, { batchBytesMax: 1000 });
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError);
        refused = true;
      }
      if (!refused) expect(assignedByLeader).toBe(true);
    }
  });

  test('random bytes never get further than an error that says so', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        expect(() => validateBatches(bytes, pureChecksum, { batchBytesMax: 1000 })).toThrow(RequestError);
      }),
    );
  });

  test('a record block with a right checksum and wrong lengths is refused when records are read', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = batchOf(['one', 'two', 'three']);
        bytes[BATCH_HEADER_BYTES + (at % (bytes.length - BATCH_HEADER_BYTES))] = byte;
        try {
          readBatchRecords(bytes, parseBatchHeader(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBytesError);
        }
      }),
    );
  });

  const refusals: [string, RequestError['code'], (bytes: Uint8Array) => void][] = [
    ['magic 1', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setInt8(16, 1)],
    ['a negative length', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setInt32(8, -5)],
    ['more records than offsets', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setInt32(57, 3)],
    ['a last offset delta below zero', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setInt32(23, -1)],
    ['a producer without a sequence', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setInt32(53, -1)],
    ['a timestamp beyond 53 bits', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setInt32(27, 2 ** 30)],
    ['a wrong checksum', 'CORRUPT_MESSAGE', (bytes) => new DataView(bytes.buffer).setUint8(70, 0x7f)],
  ];
  test.each(refusals)('%s is refused as %s', (_, code, damage) => {
    const bytes = batchOf(['one', 'two']);
    damage(bytes);
    expect(() => validateBatches(bytes, pureChecksum, { batchBytesMax: 1000 })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test("a batch above the topic's limit is refused with both sizes", () => {
    const bytes = batchOf(['x'.repeat(100)]);
    expect(() => validateBatches(bytes, pureChecksum, { batchBytesMax: 100 })).toThrow(/max.message.bytes is 100/);
  });

  test('nothing at all is refused', () => {
    expect(() => validateBatches(new Uint8Array(0), pureChecksum, { batchBytesMax: 100 })).toThrow(RequestError);
  });
});

test('a range of batches is split at their bounds', () => {
  const first = batchOf(['a']);
  const second = batchOf(['b', 'c']);
  const bytes = new Uint8Array([...first, ...second]);
  expect(splitBatches(bytes).map(({ position, header }) => [position, header.recordCount])).toEqual([
    [0, 1],
    [first.length, 2],
  ]);
  expect(wholeBatchesBytes(bytes.subarray(0, bytes.length - 1))).toBe(first.length);
});

test("a transaction's end is a control batch with one marker", () => {
  const builder = new BatchBuilder({
    producer: { producerId: 5, producerEpoch: 2, baseSequence: -1 },
    transactional: true,
    control: true,
  });
  builder.append(encodeMarker({ outcome: 'commit', coordinatorEpoch: 4 }), 1000);
  const bytes = builder.finish(pureChecksum);
  const header = parseBatchHeader(bytes);
  expect([isControl(header), isTransactional(header)]).toEqual([true, true]);
  expect(readBatchRecords(bytes, header).map(decodeMarker)).toEqual([{ outcome: 'commit', coordinatorEpoch: 4 }]);
  expect(() => decodeMarker(record('kk', 'v'))).toThrow(MalformedBytesError);
});

describe('sequences', () => {
  test('continue at zero behind 2^31 - 1', () => {
    expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
    expect(sequenceAfter(2 ** 31 - 2, 5)).toBe(3);
    expect(sequenceDistance(2 ** 31 - 2, 3)).toBe(5);
    expect(sequenceDistance(3, 2 ** 31 - 2)).toBe(-5);
  });

  test('distance undoes addition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 2 ** 30 - 1 }), (from, count) => {
        expect(sequenceDistance(from, sequenceAfter(from, count))).toBe(count);
      }),
    );
  });
});
