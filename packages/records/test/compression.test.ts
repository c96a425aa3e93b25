import { bytesEqual, MalformedBytesError, pureChecksum, utf8Decode, utf8Encode } from '@moldau/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decompressedBytesMax } from '../src/compression/compression.ts';
import { compressLz4, decompressLz4 } from '../src/compression/lz4.ts';
import { compressSnappy, decompressSnappy } from '../src/compression/snappy.ts';
import { BatchBuilder, codecOf, parseBatchHeader, walkRecords, withRecords } from '../src/index.ts';

const TEXT = `${'The Vltava rises in two springs. '.repeat(12)}The end.`;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

/** Made by Python's lz4 and snappy. */
const LZ4 = bytesOf(
  '04224d1868409401000000000000c82d000000ff1254686520566c7461766120726973657320696e2074776f20737072696e67732e202100ff5c5020656e642e00000000',
);
const LZ4_LINKED_WITH_CHECKSUMS = bytesOf(
  '04224d187c409401000000000000672d000000ff1254686520566c7461766120726973657320696e2074776f20737072696e67732e202100ff5c5020656e642e88b7627a00000000bf5427f2',
);
const SNAPPY = bytesOf(
  '94038054686520566c7461766120726973657320696e2074776f20737072696e67732e20fe2100fe2100fe2100fe2100fe2100ba21000c656e642e',
);
const FRAME = bytesOf('82534e4150505900000000010000000100000000');
const MIB = 1024 * 1024;

function run<T>(steps: Generator<void, T>): { readonly value: T; readonly steps: number } {
  for (let count = 1; ; count++) {
    const step = steps.next();
    if (step.done === true) return { value: step.value, steps: count };
  }
}

function framed(...blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = [...FRAME.subarray(0, 16)];
  for (const block of blocks) bytes.push(0, 0, block.length >>> 8, block.length & 0xff, ...block);
  return Uint8Array.from(bytes);
}

const CODECS = [
  ['snappy', (bytes: Uint8Array) => run(compressSnappy(bytes)).value, decompressSnappy],
  ['lz4, level 1', (bytes: Uint8Array) => run(compressLz4(bytes, 1)).value, decompressLz4],
  ['lz4, level 9', (bytes: Uint8Array) => run(compressLz4(bytes, 9)).value, decompressLz4],
  ['lz4, level 17', (bytes: Uint8Array) => run(compressLz4(bytes, 17)).value, decompressLz4],
] as const;

test.each([
  ['lz4', LZ4, decompressLz4],
  ['lz4 with linked blocks and checksums', LZ4_LINKED_WITH_CHECKSUMS, decompressLz4],
  ['snappy', SNAPPY, decompressSnappy],
  ['snappy as Java frames it', framed(SNAPPY), decompressSnappy],
] as const)('what others have compressed: %s', (_, bytes, decompress) => {
  expect(utf8Decode(run(decompress(bytes, TEXT.length)).value)).toBe(TEXT);
  expect(() => run(decompress(bytes, TEXT.length - 1))).toThrow(MalformedBytesError);
});

test('blocks of snappy follow one another', () => {
  expect(utf8Decode(run(decompressSnappy(framed(SNAPPY, SNAPPY), 2 * TEXT.length)).value)).toBe(TEXT + TEXT);
});

describe.each(CODECS)('%s', (_, compress, decompress) => {
  test('there and back, whatever it is', () => {
    const repetitive = fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 400 })), { maxLength: 30 })
      .map((parts) =>
        Uint8Array.from(
          parts.flatMap(([bytes, times]) =>
            Array<number[]>(times)
              .fill([...bytes])
              .flat(),
          ),
        ),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 3000 }), repetitive), (bytes) => {
        expect(run(decompress(compress(bytes), bytes.length)).value).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });

  test('there and back over many blocks, in steps', () => {
    const bytes = new Uint8Array(3 * MIB + 5).map((__, index) => (index % 1000 < 500 ? index : (index * index) >>> 7));
    const compressed = compress(bytes);
    expect(compressed.length).toBeLessThan(bytes.length);
    const { value, steps } = run(decompress(compressed, bytes.length));
    expect(bytesEqual(value, bytes)).toBe(true);
    expect(steps).toBeGreaterThan(2);
  });

  test('bytes that are not of it end in an error of their own, and nowhere else', () => {
    const good = compress(utf8Encode(TEXT.repeat(20)));
    const spoilt = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.oneof(
          spoilt,
          fc.uint8Array({ maxLength: 200 }),
          fc.nat(good.length).map((end) => good.slice(0, end)),
        ),
        (bytes) => {
          try {
            expect(run(decompress(bytes, MIB)).value.length).toBeLessThanOrEqual(MIB);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedBytesError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('a few bytes do not make room for many', () => {
  // It says that it becomes 128 MiB.
  expect(() => run(decompressSnappy(bytesOf('808080400061'), 1024 * MIB))).toThrow(/cannot become/);
  expect(decompressedBytesMax(10)).toBe(4 * MIB);
  expect(decompressedBytesMax(MIB)).toBe(128 * MIB);
  expect(decompressedBytesMax(100_000)).toBe(25_000_000);
});

test('there is no fifth codec', () => {
  expect([0, 1, 2, 3, 4].map(codecOf)).toEqual([undefined, 'gzip', 'snappy', 'lz4', 'zstd']);
  expect(() => codecOf(5)).toThrow(MalformedBytesError);
});

function batch(): Uint8Array {
  const builder = new BatchBuilder();
  builder.append({ key: null, value: utf8Encode('a'), headers: [] }, 100);
  builder.append({ key: utf8Encode(''), value: null, headers: [{ name: 'h', value: null }] }, 90);
  builder.append({ key: utf8Encode('k'), value: utf8Encode('c'), headers: [] }, -1);
  return builder.finish(pureChecksum);
}

test('records are walked without being read', () => {
  const bytes = batch();
  const header = parseBatchHeader(bytes);
  const seen: unknown[] = [];
  run(walkRecords(bytes.subarray(61), header, (record) => seen.push(record) < 99));
  expect(seen).toEqual([
    { index: 0, offsetDelta: 0, timestampMs: 100, hasKey: false },
    { index: 1, offsetDelta: 1, timestampMs: 90, hasKey: true },
    { index: 2, offsetDelta: 2, timestampMs: -1, hasKey: true },
  ]);
  for (const [records, recordCount] of [
    [bytes.subarray(61), 2],
    [bytes.subarray(61), 4],
    [bytes.subarray(61, bytes.length - 1), 3],
  ] as const) {
    expect(() => run(walkRecords(records, { ...header, recordCount }, () => true))).toThrow(MalformedBytesError);
  }
});

test('a batch keeps all but its codec, its size and its checksum', () => {
  const bytes = batch();
  const header = parseBatchHeader(bytes);
  const other = withRecords(bytes, run(compressLz4(bytes.subarray(61), 9)).value, 'lz4', pureChecksum);
  const { attributes, sizeBytes, crc, ...rest } = parseBatchHeader(other);
  expect({ attributes, sizeBytes }).toEqual({ attributes: 3, sizeBytes: other.length });
  expect(crc).toBe(pureChecksum.crc32c(other.subarray(21)));
  expect(header).toMatchObject(rest);
  const back = withRecords(other, run(decompressLz4(other.subarray(61), MIB)).value, undefined, pureChecksum);
  expect(back).toEqual(bytes);
});
