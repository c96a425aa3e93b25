import { assert, type Checksum, utf8Encode } from '@moldau/base';
import { crc32c } from '@node-rs/crc32';

/** CRC-32C by the processor's own instruction. */
export const nativeChecksum: Checksum = {
  crc32c: (bytes, previous) => crc32c(bytes, previous),
};

// Every batch on every disk depends on this polynomial, so a wrong build must not get as far as the first of them.
const CHECK = nativeChecksum.crc32c(utf8Encode('123456789'));
assert(CHECK === 0xe3069283, 'the native checksum is CRC-32C', { found: CHECK });
