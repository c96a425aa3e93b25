import { type Compression, MalformedBytesError, type Timers } from '@moldau/base';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';

/** Codecs of a batch, by Kafka's names. */
export type Codec = 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** By the number in a batch's attributes. */
const CODECS: ReadonlyMap<number, Codec> = new Map([
  [1, 'gzip'],
  [2, 'snappy'],
  [3, 'lz4'],
  [4, 'zstd'],
]);

/** Undefined: the batch is not compressed. @throws MalformedBytesError for a number without a codec */
export function codecOf(number: number): Codec | undefined {
  const codec = CODECS.get(number);
  if (codec === undefined && number !== 0) throw new MalformedBytesError(`there is no codec ${number}`);
  return codec;
}

/** 0 for undefined. */
export function codecNumber(codec: Codec | undefined): number {
  for (const [number, each] of CODECS) if (each === codec) return number;
  return 0;
}

/** What compressing needs of the machine: threads for zlib's codecs, and turns for those in TypeScript. */
export interface CompressionPorts {
  readonly compression: Compression;
  readonly timers: Pick<Timers, 'afterPoll'>;
}

const MIB = 1024 * 1024;
/** Whatever was sent, no batch becomes more. */
const DECOMPRESSED_BYTES_MAX = 128 * MIB;
/** Small batches may consist of zeros; what is larger is something, or an attack. */
const ANY_RATIO_BYTES = 4 * MIB;
const RATIO_MAX = 250;

/** What so many bytes may become: Kafka has no bound here, and one small batch could take all memory. */
export function decompressedBytesMax(compressedBytes: number): number {
  return Math.min(DECOMPRESSED_BYTES_MAX, Math.max(ANY_RATIO_BYTES, RATIO_MAX * compressedBytes));
}

/** The event loop is not held up for more than some ms. @throws MalformedBytesError, also beyond {@link decompressedBytesMax} */
export function decompress(ports: CompressionPorts, codec: Codec, bytes: Uint8Array): Promise<Uint8Array> {
  const bytesMax = decompressedBytesMax(bytes.length);
  switch (codec) {
    case 'gzip':
    case 'zstd':
      return ports.compression.decompress(codec, bytes, bytesMax);
    case 'snappy':
      return inSteps(decompressSnappy(bytes, bytesMax), ports.timers);
    case 'lz4':
      return inSteps(decompressLz4(bytes, bytesMax), ports.timers);
  }
}

/** Snappy has no levels. */
export function compress(ports: CompressionPorts, codec: Codec, bytes: Uint8Array, level: number): Promise<Uint8Array> {
  switch (codec) {
    case 'gzip':
    case 'zstd':
      return ports.compression.compress(codec, bytes, level);
    case 'snappy':
      return inSteps(compressSnappy(bytes), ports.timers);
    case 'lz4':
      return inSteps(compressLz4(bytes, level), ports.timers);
  }
}

/** Runs work that yields now and then; between its steps others get their turn. */
export async function inSteps<T>(steps: Generator<void, T>, timers: Pick<Timers, 'afterPoll'>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise<void>((resolve) => timers.afterPoll(resolve));
  }
}
