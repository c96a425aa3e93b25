import { bytesEqual, type Compression, MalformedBytesError, type NativeCodec, utf8Decode } from '@moldau/base';
import { describe, expect, test } from 'vitest';

const TEXT = `${'The Vltava rises in two springs. '.repeat(12)}The end.`;
/** Made by Python's gzip and zstandard. */
const COMPRESSED: Readonly<Record<NativeCodec, string>> = {
  gzip: '1f8b08000000000002030bc9485508cb29492c4b5428ca2c4e2d56c8cc532829cf57282e28cacc4b2fd653081955404f05a979297a00e51240cf94010000',
  zstd: '28b52ffd609400750100540254686520566c7461766120726973657320696e2074776f20737072696e67732e20656e642e01006123aa7a02',
};
const LEVELS: Readonly<Record<NativeCodec, readonly number[]>> = { gzip: [-1, 0, 1, 9], zstd: [-5, 1, 3, 19] };

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}

interface CompressionWorld {
  readonly compression: Compression;
  /** Runs until the promise is settled. */
  run<T>(work: Promise<T>): Promise<T>;
}

/** What every {@link Compression} does. */
export function compressionSuite(name: string, open: () => CompressionWorld): void {
  describe.each(['gzip', 'zstd'] as const)(`${name}: %s`, (codec) => {
    const compressed = bytesOf(COMPRESSED[codec]);
    const { compression, run } = open();

    test('what others have compressed', async () => {
      expect(utf8Decode(await run(compression.decompress(codec, compressed, TEXT.length)))).toBe(TEXT);
    });

    test.each(LEVELS[codec])('there and back, level %s', async (level) => {
      const text = new Uint8Array(100_000).map((_, index) => (index * index) >>> 8);
      const small = await run(compression.compress(codec, text, level));
      expect(bytesEqual(await run(compression.decompress(codec, small, text.length)), text)).toBe(true);
    });

    test.each([
      ['cut', compressed.subarray(0, 30), TEXT.length],
      ['nothing', new Uint8Array(0), TEXT.length],
      ['something else', bytesOf('0102030405'), TEXT.length],
      ['more than is taken', compressed, TEXT.length - 1],
    ])('refused: %s', async (_, bytes, bytesMax) => {
      await expect(run(compression.decompress(codec, bytes, bytesMax))).rejects.toThrow(MalformedBytesError);
    });

    test('a bomb is not let off', async () => {
      const bomb = await run(compression.compress(codec, new Uint8Array(50_000_000), 9));
      expect(bomb.length).toBeLessThan(100_000);
      await expect(run(compression.decompress(codec, bomb, 1_000_000))).rejects.toThrow(MalformedBytesError);
    });
  });
}
