/** CRC-32C (Castagnoli), unsigned. `previous` continues a running checksum: crc(a+b) = crc32c(b, crc32c(a)). */
export interface Checksum {
  crc32c(bytes: Uint8Array, previous?: number): number;
}
