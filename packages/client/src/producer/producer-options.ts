import type { Codec } from '@moldau/base';
import { MoldauError } from '../errors.ts';

/** What an acknowledgement waits for: nothing, the leader's append, or every in-sync replica. */
export type Acks = 0 | 1 | 'all';

/** How batches are compressed, by Kafka's names. */
export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

const COMPRESSION_TYPES: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** What became of one batch, or of records that came into none, for those that use `enqueue` and want to know. */
export interface DeliveryReport {
  readonly topic: string;
  /** -1: the records failed before they had one, as when no broker knows the topic. */
  readonly partition: number;
  readonly recordCount: number;
  /** Offset of the first record; -1n when it is not known (acks 0, or a duplicate from long ago). */
  readonly baseOffset: bigint;
  /** undefined: acknowledged. */
  readonly error: MoldauError | undefined;
}

/** A producer's numbers, and what it promises. */
export interface ProducerLimits {
  /** Default `all`. With 0 nothing is known of a record's fate, and `send` resolves when it is handed to the network. */
  readonly acks: Acks;
  /**
   * Each record once and in order per partition, whatever is sent again. Default true with acks `all`, else false. Without it
   * one batch per partition is in flight at a time, and a retry may write twice.
   */
  readonly idempotent: boolean;
  /** How long a batch waits for more records, in ms; default 0: until the end of the turn, or until an answer makes room. */
  readonly lingerMs: number;
  /**
   * Default `none`. Each batch is compressed as a whole, at the codec's default level, and kept so by the brokers unless the topic's
   * `compression.type` says otherwise; one that would not become smaller is sent as it is. Gzip and zstd work beside the event
   * loop, snappy and lz4 on it, in steps. Batches that linger compress better.
   */
  readonly compression: CompressionType;
  /**
   * Size at which a batch is closed, before compression; default 262,144, at least 1,024. A larger record has a batch of its own. Where
   * a topic's `max.message.bytes`, which counts what is sent, is less, batches that it refuses are sent in parts, and later
   * ones are smaller.
   */
  readonly batchBytesMax: number;
  /**
   * Bytes of records waiting or in flight, over all partitions; default 33,554,432 (32 MiB), at least batchBytesMax. Compressed
   * copies of what is in flight come on top of it, and are smaller.
   */
  readonly bufferBytesMax: number;
  /**
   * From when the buffer took the record to its settlement, all attempts and waiting included, in ms; default 120,000. `send`
   * waits for room in the buffer no longer than this either.
   */
  readonly deliveryTimeoutMs: number;
  /** After this long without an answer an attempt counts as failed and is repeated, in ms; default 30,000. */
  readonly requestTimeoutMs: number;
  /**
   * How long a record waits for a topic that no broker knows yet, or no longer, in ms; default 5,000. Then it fails with
   * UNKNOWN_TOPIC_OR_PARTITION.
   */
  readonly topicTimeoutMs: number;
}

export interface ProducerOptions<K = Uint8Array, V = Uint8Array> extends Partial<ProducerLimits> {
  /** Default: bytes as they are. */
  readonly key?: Codec<K>;
  /** Default: bytes as they are. */
  readonly value?: Codec<V>;
  /**
   * Called once for each batch, when it is settled, and for records that failed before they came into one: each record taken by
   * `enqueue` or `send` is counted in one report. Must not throw.
   */
  readonly onDelivery?: (report: DeliveryReport) => void;
}

const BATCH_BYTES_MIN = 1024;

/** Fills in the defaults. @throws MoldauError INVALID_ARGUMENT */
export function producerLimits(options: Partial<ProducerLimits>): ProducerLimits {
  const acks = options.acks ?? 'all';
  const limits: ProducerLimits = {
    acks,
    idempotent: options.idempotent ?? acks === 'all',
    lingerMs: options.lingerMs ?? 0,
    compression: options.compression ?? 'none',
    batchBytesMax: options.batchBytesMax ?? 256 * 1024,
    bufferBytesMax: options.bufferBytesMax ?? 32 * 1024 * 1024,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? 120_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    topicTimeoutMs: options.topicTimeoutMs ?? 5_000,
  };
  const { compression, idempotent, lingerMs, batchBytesMax, bufferBytesMax, deliveryTimeoutMs, requestTimeoutMs } =
    limits;
  if (idempotent && acks !== 'all') throw invalid(`an idempotent producer needs acks 'all', not ${acks}`);
  if (!COMPRESSION_TYPES.includes(compression)) {
    throw invalid(`compression is one of ${COMPRESSION_TYPES.join(', ')}, not ${String(compression)}`);
  }
  if (!(lingerMs >= 0)) throw invalid(`lingerMs is at least 0, not ${lingerMs}`);
  if (!(batchBytesMax >= BATCH_BYTES_MIN)) throw invalid(`batchBytesMax is at least ${BATCH_BYTES_MIN}`);
  if (!(bufferBytesMax >= batchBytesMax)) throw invalid('bufferBytesMax is at least batchBytesMax');
  if (!(requestTimeoutMs > 0)) throw invalid('requestTimeoutMs is more than 0');
  if (!(deliveryTimeoutMs > lingerMs)) throw invalid('deliveryTimeoutMs is more than lingerMs');
  return limits;
}

function invalid(message: string): MoldauError {
  return new MoldauError('INVALID_ARGUMENT', message);
}
