import { DiskError, MalformedBytesError, type Offset, RequestError } from '@moldau/base';
import { type FoundByTimestamp, firstOf, type TimestampedOffset } from '@moldau/log';
import { batchEndOffset } from '@moldau/records';
import type { Partition } from '../partition/partition.ts';
import { readFault } from './fetch-checks.ts';
import type { RequestContext } from './request-context.ts';

/** The first record that is so young; what is compressed is opened. Undefined when there is none. @throws RequestError */
export async function recordByTime(
  context: RequestContext,
  partition: Partition,
  timestampMs: number,
): Promise<TimestampedOffset | undefined> {
  for (let fromOffset: Offset = partition.log.startOffset; ; ) {
    const found = await lookUp(context, partition, timestampMs, fromOffset);
    if (found === undefined) return undefined;
    if (found.kind === 'record') return found.record;
    const record = await openedAt(context, found, timestampMs, fromOffset);
    if (record !== undefined) return record;
    fromOffset = batchEndOffset(found.header);
  }
}

/** Undefined: only records below `fromOffset` are so young, since the log begins within the batch. */
async function openedAt(
  { preparation }: RequestContext,
  { batch, header }: Extract<FoundByTimestamp, { kind: 'compressed' }>,
  timestampMs: number,
  fromOffset: Offset,
): Promise<TimestampedOffset | undefined> {
  let found: TimestampedOffset | undefined;
  let isBelow = false;
  try {
    await preparation.walk(batch, header, (record) => {
      if (record.timestampMs < timestampMs) return true;
      const offset = header.baseOffset + record.offsetDelta;
      if (offset >= fromOffset) found = { offset, timestampMs: record.timestampMs, leaderEpoch: header.leaderEpoch };
      else isBelow = true;
      return found === undefined;
    });
  } catch (error) {
    // Nobody has looked into it before. Its first offset stands for it, so that nobody is sent past it.
    if (!(error instanceof MalformedBytesError)) throw error;
  }
  return found ?? (isBelow ? undefined : firstOf(header, fromOffset));
}

/** A log that cannot be read takes itself out of service; whoever asked goes on elsewhere, where there is an elsewhere. */
async function lookUp(
  context: RequestContext,
  partition: Partition,
  timestampMs: number,
  fromOffset: Offset,
): Promise<FoundByTimestamp | undefined> {
  try {
    return await context.diskReads.run(() => partition.log.offsetForTimestamp(timestampMs, fromOffset));
  } catch (error) {
    if (!(error instanceof DiskError || error instanceof RequestError)) throw error;
    const { code, message } = readFault(context, partition, error);
    throw new RequestError(code, message, { cause: error });
  }
}
