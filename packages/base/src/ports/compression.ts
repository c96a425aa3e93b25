/** Codecs that the machine has. Others are written in TypeScript, see `packages/records/src/compression`. */
export type NativeCodec = 'gzip' | 'zstd';

/** Compresses and decompresses beside the event loop. */
export interface Compression {
  /** @throws MalformedBytesError when the bytes are not of the codec, are cut, or would become more than `bytesMax` */
  decompress(codec: NativeCodec, bytes: Uint8Array, bytesMax: number): Promise<Uint8Array>;
  /** `level`: as zlib (-1, its default, and 1 to 9) and zstd (up to 22) count. */
  compress(codec: NativeCodec, bytes: Uint8Array, level: number): Promise<Uint8Array>;
}
