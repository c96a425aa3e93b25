import { type LeaderEpoch, NO_PRODUCER_ID, type Offset } from '@moldau/base';
import { assignBatch, type BatchAt, batchEndOffset } from '@moldau/records';
import { FRAME_PAYLOAD_BYTES_MAX } from '../journal/frame.ts';
import { APPEND_PREFIX_BYTES } from '../journal/partition-frames.ts';
import type { Refusal } from './log-host.ts';

/** Why a leader's log does not take these batches, whatever their producer; undefined when it does. */
export function leaderRefusal(
  bytes: Uint8Array,
  batches: readonly BatchAt[],
  log: { readonly isClosed: boolean; readonly damagedAt: Offset | undefined; readonly endOffset: Offset },
): Refusal | undefined {
  const refuse = (code: Refusal['code'], message: string): Refusal => ({ kind: 'refused', code, message });
  if (log.isClosed) return refuse('NOT_LEADER_OR_FOLLOWER', 'this replica is gone; ask for the metadata again');
  if (log.damagedAt !== undefined) {
    return refuse(
      'KAFKA_STORAGE_ERROR',
      `the disk lost records behind offset ${log.damagedAt}: this replica is read-only`,
    );
  }
  if (bytes.length > FRAME_PAYLOAD_BYTES_MAX - APPEND_PREFIX_BYTES) {
    return refuse('MESSAGE_TOO_LARGE', `${bytes.length} bytes in one append; send smaller batches`);
  }
  const count = batches.reduce((sum, { header }) => sum + header.lastOffsetDelta + 1, 0);
  if (!Number.isSafeInteger(log.endOffset + count)) {
    return refuse('INVALID_RECORD', `the partition has no offsets left behind ${log.endOffset}`);
  }
  if (batches.length > 1 && batches.some(({ header }) => header.producerId !== NO_PRODUCER_ID)) {
    return refuse('INVALID_RECORD', 'an idempotent producer sends one batch of a partition at a time');
  }
  return undefined;
}

/** Why a leader's batches do not continue a follower's log; undefined when they do. Gaps are allowed. */
export function followerFault(
  batches: readonly BatchAt[],
  log: { readonly offset: Offset; readonly epoch: LeaderEpoch },
): string | undefined {
  let { offset, epoch } = log;
  for (const { header } of batches) {
    if (header.baseOffset < offset || header.leaderEpoch < epoch) {
      const found = `a batch at offset ${header.baseOffset}, epoch ${header.leaderEpoch}`;
      return `${found} cannot follow offset ${offset}, epoch ${epoch}`;
    }
    offset = batchEndOffset(header);
    epoch = header.leaderEpoch;
  }
  return undefined;
}

/**
 * The bytes alone in their buffer, when they would keep one alive that is more than twice as large: what came in one message
 * shares its memory, and the tail counts the batch alone. A copy of 100 KiB takes some 20 µs.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > bytes.length * 2 ? bytes.slice() : bytes;
}

/** Writes a leader's offsets and epoch into batches, one behind the other. */
export function assignBatches(
  bytes: Uint8Array,
  batches: readonly BatchAt[],
  from: { readonly baseOffset: Offset; readonly leaderEpoch: LeaderEpoch },
): BatchAt[] {
  const { leaderEpoch } = from;
  let { baseOffset } = from;
  return batches.map(({ header, position }) => {
    assignBatch(bytes, position, { baseOffset, leaderEpoch });
    const assigned = { header: { ...header, baseOffset, leaderEpoch }, position };
    baseOffset += header.lastOffsetDelta + 1;
    return assigned;
  });
}

/** Where the last of these batches ends; `from` without any. */
export function endOf(batches: readonly BatchAt[], from: Offset): Offset {
  const last = batches.at(-1);
  return last === undefined ? from : batchEndOffset(last.header);
}
