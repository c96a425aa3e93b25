import type { AbortSignalLike, Codec } from '@moldau/base';
import { MoldauError } from '../errors.ts';
import type { AssignorName } from '../group/assignor.ts';
import type { PartitionName } from '../partition-name.ts';

/** Where to begin: the log's start, its end, an offset, or the first record of that Unix time (ms) or younger; without one, the end. */
export type StartFrom = 'earliest' | 'latest' | bigint | { readonly timestamp: number };

/** A partition, or without a number all that the topic has now. */
export interface Assignment {
  readonly topic: string;
  readonly partition?: number | undefined;
  readonly from: StartFrom;
}

/** Of all consumers. */
export interface ReadOptions<K = Uint8Array, V = Uint8Array> {
  /** Default: bytes as they are. */
  readonly key?: Codec<K>;
  /** Default: bytes as they are. */
  readonly value?: Codec<V>;
  /**
   * Bytes that brokers may send ahead of what was delivered, over all partitions; default 16,777,216 (16 MiB). Each
   * partition gets its share, at least 65,536; the last batch of a share may exceed it. Compressed batches count as they came: besides, two of a partition are
   * held decompressed, each at most 250 times as large (4 MiB at any rate) and 128 MiB; what would become more is
   * CORRUPT_MESSAGE.
   */
  readonly prefetchBytes?: number;
  /**
   * A record that a codec refuses: `fail` throws BAD_RECORD and stands still before it, `skip` passes over it, `raw`
   * delivers it with `bad` set. Default `fail`. With `skip` and `raw`, a batch whose checksum stays wrong, or whose
   * records cannot be read, is passed over with a warning in the log.
   */
  readonly onBadRecord?: 'fail' | 'skip' | 'raw';
  /** Makes loops over the consumer end with ABORTED. */
  readonly signal?: AbortSignalLike;
}

/** A consumer that is told what to read. */
export interface AssignmentOptions<K = Uint8Array, V = Uint8Array> extends ReadOptions<K, V> {
  readonly assignments: readonly Assignment[];
  /** The wanted offset is not in the log, as after retention: default `fail`, which throws OFFSET_OUT_OF_RANGE. */
  readonly onOffsetOutOfRange?: 'fail' | 'earliest' | 'latest';
  /**
   * How long a topic is looked for that no broker knows, in ms; default 5,000. Then it is UNKNOWN_TOPIC_OR_PARTITION, also for a
   * topic that was deleted while it was read.
   */
  readonly topicTimeoutMs?: number;
}

/** Hears what a member of a group is to read. What it throws ends the consumer's loop. */
export interface RebalanceListener {
  /** These are read from now on. One may seek in them: nothing is delivered before this has ended. */
  onAssigned?(partitions: readonly PartitionName[]): void | Promise<void>;
  /** These are given up, and are still this member's until this has ended: the last moment to commit. */
  onRevoked?(partitions: readonly PartitionName[]): void | Promise<void>;
  /** These are another's already, perhaps: nothing of them can be committed. */
  onLost?(partitions: readonly PartitionName[]): void | Promise<void>;
}

/** Where a partition is begun of which the group has committed nothing, or an offset that is not in the log any more. */
export type OffsetReset =
  | 'earliest'
  | 'latest'
  /** An error, NO_COMMITTED_OFFSET or OFFSET_OUT_OF_RANGE; a seek helps. */
  | 'none'
  /** The first record that is at most that old (KIP-1106). */
  | { readonly durationMs: number };

/** What a member of a group is. */
export interface MembershipOptions {
  /** The group's name. Its members share the partitions, and go on where it has committed. */
  readonly group: string;
  /**
   * Names, or a pattern that is looked for in the names of all topics but internal ones (`__...`). Topics that are not there yet
   * are read once they are.
   */
  readonly topics: readonly string[] | RegExp;
  /** Default `earliest`: what the group has not read is not passed over. */
  readonly autoOffsetReset?: OffsetReset;
  /**
   * The ways of sharing that this member knows, the preferred one first; all members need one in common. Default
   * `['cooperative-sticky']`, in which what does not move is read through a rebalance. With `range` among them, all give up all
   * in each rebalance, as Kafka has it (KIP-429): so one goes over from one to the other by two rolling restarts.
   */
  readonly assignors?: readonly AssignorName[];
  /**
   * A lasting name of this member (KIP-345): started again within its session it has the same partitions, without a rebalance.
   * No two members may have the same at a time: the older one ends with FENCED_INSTANCE_ID.
   */
  readonly instanceId?: string;
  /**
   * Commit what was processed every {@link autoCommitIntervalMs}, before partitions are given up, and at the close. Processed is
   * what was delivered before the loop came for more. Default true.
   */
  readonly autoCommit?: boolean;
  /** In ms, at least 1; default 5,000. */
  readonly autoCommitIntervalMs?: number;
  /** A member that is silent for longer is out, in ms; the broker allows 6,000 to 1,800,000. Default 45,000. */
  readonly sessionTimeoutMs?: number;
  /** Between signs of life, in ms; at most a third of the session. Default 3,000. */
  readonly heartbeatIntervalMs?: number;
  /**
   * A loop that does not come for more within this time loses its partitions to others until it does, in ms; default 300,000. A
   * rebalance waits for that long for the loop to finish what it is at.
   */
  readonly maxPollIntervalMs?: number;
  /** How often topics are looked for that are new, grown or gone, in ms; default 30,000. */
  readonly metadataMaxAgeMs?: number;
  readonly listener?: RebalanceListener;
}

/** A consumer that shares topics with the other members of its group. */
export interface GroupOptions<K = Uint8Array, V = Uint8Array> extends ReadOptions<K, V>, MembershipOptions {}

/** By hand (`assignments`) or by a group (`group`, `topics`). */
export type ConsumerOptions<K = Uint8Array, V = Uint8Array> = AssignmentOptions<K, V> | GroupOptions<K, V>;

export function isOfGroup<K, V>(options: ConsumerOptions<K, V>): options is GroupOptions<K, V> {
  return 'group' in options;
}

export function startAfterReset(reset: Exclude<OffsetReset, 'none'>, nowWallMs: number): StartFrom {
  return typeof reset === 'object' ? { timestamp: Math.max(Math.floor(nowWallMs - reset.durationMs), 0) } : reset;
}

export const AUTO_OFFSET_RESET: OffsetReset = 'earliest';
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
