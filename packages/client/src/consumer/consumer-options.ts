import type { AbortSignalLike, Codec } from '@moldau/base';
import { MoldauError } from '../errors.ts';

/** Where to begin: the log's start, its end, an offset, or the first record of that Unix time (ms) or younger; without one, the end. */
export type StartFrom = 'earliest' | 'latest' | bigint | { readonly timestamp: number };

/** A partition, or without a number all that the topic has now. */
export interface Assignment {
  readonly topic: string;
  readonly partition?: number | undefined;
  readonly from: StartFrom;
}

export interface ConsumerOptions<K = Uint8Array, V = Uint8Array> {
  readonly assignments: readonly Assignment[];
  /** Default: bytes as they are. */
  readonly key?: Codec<K>;
  /** Default: bytes as they are. */
  readonly value?: Codec<V>;
  /**
   * Bytes that brokers may send ahead of what was delivered, over all partitions; default 16,777,216 (16 MiB). Each
   * partition gets its share, at least 65,536; the last batch of a share may exceed it.
   */
  readonly prefetchBytes?: number;
  /**
   * A record that a codec refuses: `fail` throws BAD_RECORD and stands still before it, `skip` passes over it, `raw`
   * delivers it with `bad` set. Default `fail`. With `skip` and `raw`, a batch whose checksum stays wrong, or whose
   * records cannot be read, is passed over with a warning in the log.
   */
  readonly onBadRecord?: 'fail' | 'skip' | 'raw';
  /** The wanted offset is not in the log, as after retention: default `fail`, which throws OFFSET_OUT_OF_RANGE. */
  readonly onOffsetOutOfRange?: 'fail' | 'earliest' | 'latest';
  /**
   * How long a topic is looked for that no broker knows, in ms; default 5,000. Then it is UNKNOWN_TOPIC_OR_PARTITION, also for a
   * topic that was deleted while it was read.
   */
  readonly topicTimeoutMs?: number;
  /** Makes loops over the consumer end with ABORTED. */
  readonly signal?: AbortSignalLike;
}

export const PREFETCH_BYTES: number = 16 * 1024 * 1024;
/** Less would cost a round trip for each batch. */
export const PARTITION_CREDIT_BYTES_MIN: number = 64 * 1024;

/** @throws MoldauError INVALID_ARGUMENT */
export function checkStart(from: StartFrom): void {
  const ok =
    from === 'earliest' ||
    from === 'latest' ||
    (typeof from === 'bigint' && from >= 0n && from <= BigInt(Number.MAX_SAFE_INTEGER)) ||
    (typeof from === 'object' && Number.isSafeInteger(from.timestamp) && from.timestamp >= 0);
  if (!ok) {
    throw new MoldauError(
      'INVALID_ARGUMENT',
      `a consumer starts at 'earliest', 'latest', an offset as bigint or {timestamp} in ms, not at ${String(from)}`,
    );
  }
}
