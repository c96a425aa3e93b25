import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ByteReader,
  ByteWriter,
  crc32c,
  MalformedBytesError,
  utf8Decode,
  utf8Encode,
  varlongSize,
} from '../src/index.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

test('crc32c gives the check values of RFC 3720', () => {
  expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
});

test('a checksum may be computed in pieces cut anywhere', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
    }),
  );
});

test('every safe integer comes back from a 64-bit number and, within 52 bits, from a varint of the stated size', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(new ByteReader(new ByteWriter().int64(value).finish()).int64()).toBe(value);
      const small = Math.trunc(value / 2) + 0; // -0 is not what a varint can say
      const written = new ByteWriter(1).varlong(small).finish();
      expect(written.length).toBe(varlongSize(small));
      expect(new ByteReader(written).varlong()).toBe(small);
    }),
  );
});

test('zigzag varints have the bytes of the protobuf specification', () => {
  const bytes = (value: number): number[] => [...new ByteWriter().varlong(value).finish()];
  expect([0, -1, 1, -2, 2147483647, -2147483648].map(bytes)).toEqual([
    [0],
    [1],
    [2],
    [3],
    [254, 255, 255, 255, 15],
    [255, 255, 255, 255, 15],
  ]);
});

test('a 64-bit number that is no safe integer is malformed', () => {
  const bytes = Uint8Array.of(0x00, 0x20, 0, 0, 0, 0, 0, 1);
  expect(() => new ByteReader(bytes).int64()).toThrow(MalformedBytesError);
  expect(() => new ByteWriter().int64(2 ** 53)).toThrow('safe integer');
});

test('reads past the end, negative lengths and endless varints are malformed', () => {
  expect(() => new ByteReader(Uint8Array.of(1, 2, 3)).int32()).toThrow('4 bytes are wanted at 0, 3 are left');
  expect(() => new ByteReader(Uint8Array.of(1)).bytes(-1)).toThrow('a length is negative');
  expect(() => new ByteReader(Uint8Array.of(1)).skip(2)).toThrow(MalformedBytesError);
  expect(() => new ByteReader(new Uint8Array(20).fill(255)).varlong()).toThrow('longer than 10 bytes');
  expect(() => new ByteReader(new ByteWriter().varlong(2 ** 31).finish()).varint()).toThrow('a varint of 32 bits');
});

test('a patched length stands where it was left free', () => {
  const writer = new ByteWriter().uint32(0).bytes(ascii('abc'));
  writer.patchUint32(0, 3);
  expect([...writer.finish()]).toEqual([0, 0, 0, 3, 97, 98, 99]);
  expect(() => new ByteWriter().patchUint32(0, 1)).toThrow('a patch lies within what was written');
});

test('text that is not UTF-8 is refused, and a byte order mark is kept', () => {
  expect(() => utf8Decode(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError);
  expect(utf8Decode(utf8Encode('\ufeffVltava ☂'))).toBe('\ufeffVltava ☂');
});
