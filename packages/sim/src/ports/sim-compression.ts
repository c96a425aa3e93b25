// biome-ignore lint/style/noRestrictedImports: the codecs are Node's, and these functions give the same bytes for the same input
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  type Compression,
  MalformedBytesError,
  type NativeCodec,
  type Random,
  randomFraction,
  type Timers,
} from '@moldau/base';

/** A thread of Node's pool takes that long, or shorter: what was begun later may be ready first. */
const WORK_MS_MAX = 3;

/** The real codecs, whose work ends at a time that depends on the seed. */
export class SimCompression implements Compression {
  readonly #timers: Timers;
  readonly #random: Random;

  constructor(timers: Timers, random: Random) {
    this.#timers = timers;
    this.#random = random;
  }

  decompress(codec: NativeCodec, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
    const options = { maxOutputLength: Math.max(1, bytesMax) };
    return this.#later(() => {
      try {
        return codec === 'gzip' ? gunzipSync(bytes, options) : zstdDecompressSync(bytes, options);
      } catch (error) {
        throw new MalformedBytesError(`${codec} cannot be decompressed: ${String(error)}`, { cause: error });
      }
    });
  }

  compress(codec: NativeCodec, bytes: Uint8Array, level: number): Promise<Uint8Array> {
    return this.#later(() => {
      if (codec === 'gzip') return gzipSync(bytes, { level });
      const params = { [constants.ZSTD_c_compressionLevel]: level };
      return zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length });
    });
  }

  #later(work: () => Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#timers.after(randomFraction(this.#random) * WORK_MS_MAX, () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
    });
  }
}
