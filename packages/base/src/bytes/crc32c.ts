import type { Checksum } from '../ports/checksum.ts';

/** The Castagnoli polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** Table k at [k * 256 + b]: the checksum of byte b followed by k zero bytes (slicing by 8, Kounavis and Berry 2005). */
const TABLES = buildTables();

function buildTables(): Uint32Array {
  const tables = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc >>> 0;
  }
  for (let slice = 1; slice < SLICES; slice++) {
    for (let byte = 0; byte < 256; byte++) {
      const previous = tables[(slice - 1) * 256 + byte] ?? 0;
      tables[slice * 256 + byte] = ((previous >>> 8) ^ (tables[previous & 255] ?? 0)) >>> 0;
    }
  }
  return tables;
}

/** CRC-32C in plain JavaScript, for the pure packages' tests and the simulator; production has a native one in host. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const tables = TABLES;
  const length = bytes.length;
  let crc = ~previous;
  let at = 0;
  for (; at + SLICES <= length; at += SLICES) {
    crc ^=
      byteAt(bytes, at) | (byteAt(bytes, at + 1) << 8) | (byteAt(bytes, at + 2) << 16) | (byteAt(bytes, at + 3) << 24);
    crc =
      entry(tables, 7, crc & 255) ^
      entry(tables, 6, (crc >>> 8) & 255) ^
      entry(tables, 5, (crc >>> 16) & 255) ^
      entry(tables, 4, crc >>> 24) ^
      entry(tables, 3, byteAt(bytes, at + 4)) ^
      entry(tables, 2, byteAt(bytes, at + 5)) ^
      entry(tables, 1, byteAt(bytes, at + 6)) ^
      entry(tables, 0, byteAt(bytes, at + 7));
  }
  for (; at < length; at++) crc = entry(tables, 0, (crc ^ byteAt(bytes, at)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}

function entry(tables: Uint32Array, slice: number, byte: number): number {
  return tables[slice * 256 + byte] as number;
}

export const pureChecksum: Checksum = { crc32c };
