import { type Checksum, utf8Encode } from '@moldau/base';
import { describe, expect, test } from 'vitest';

/** What every {@link Checksum} does. */
export function checksumSuite(name: string, checksum: Checksum): void {
  describe(name, () => {
    test.each([
      // RFC 3720, B.4, and the usual check value.
      ['123456789', utf8Encode('123456789'), 0xe3069283],
      ['nothing', new Uint8Array(0), 0],
      ['32 zeros', new Uint8Array(32), 0x8a9136aa],
      ['32 times 0xff', new Uint8Array(32).fill(0xff), 0x62a8ab43],
      ['0 to 31', Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
    ])('%s', (_, bytes, expected) => {
      expect(checksum.crc32c(bytes)).toBe(expected);
    });

    test('a running checksum over any split equals that of the whole', () => {
      const bytes = utf8Encode('The Vltava rises in two springs.');
      for (let at = 0; at <= bytes.length; at++) {
        expect(checksum.crc32c(bytes.subarray(at), checksum.crc32c(bytes.subarray(0, at)))).toBe(
          checksum.crc32c(bytes),
        );
      }
    });
  });
}
