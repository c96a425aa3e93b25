import type { ErrorCode } from '@moldau/base';
import type { TopicConfig } from '@moldau/metadata';
import { type BatchHeader, walkRecords } from '@moldau/records';

/** One record that a topic does not take. */
export interface RecordError {
  /** In its batch, from 0. */
  readonly index: number;
  readonly message: string;
}

export interface RecordFaults {
  readonly kind: 'faults';
  readonly code: ErrorCode;
  readonly message: string;
  /** The first of them. */
  readonly errors: readonly RecordError[];
}

const WITHOUT_END = Number.MAX_SAFE_INTEGER;
/** Told of one batch: its producer fixes these, and sees the rest then. */
const ERRORS_MAX = 100;

/** Whether each record has to be looked at. What the header of a batch tells is judged without. */
export function looksAtRecords(config: TopicConfig): boolean {
  const { isCompacted, messageTimestampType, timestampBeforeMsMax } = config;
  return isCompacted || (messageTimestampType === 'CreateTime' && timestampBeforeMsMax !== WITHOUT_END);
}

/** The youngest record of the batch is too young: the header has its time. */
export function isTooYoung({ maxTimestamp }: BatchHeader, config: TopicConfig, nowWallMs: number): boolean {
  return config.messageTimestampType === 'CreateTime' && maxTimestamp - nowWallMs > config.timestampAfterMsMax;
}

/**
 * What is wrong with the decompressed records of a batch; undefined when they are all taken. In steps, see walkRecords.
 *
 * @throws MalformedBytesError when they are not the records that the header announces
 */
export function* recordFaults(
  records: Uint8Array,
  header: BatchHeader,
  config: TopicConfig,
  nowWallMs: number,
): Generator<void, RecordFaults | undefined> {
  const errors: RecordError[] = [];
  let keyless = 0;
  let untimely = 0;
  yield* walkRecords(records, header, ({ index, hasKey, timestampMs }) => {
    const isKeyless = config.isCompacted && !hasKey;
    if (!isKeyless && isTimely(timestampMs, config, nowWallMs)) return true;
    if (isKeyless) keyless++;
    else untimely++;
    const message = isKeyless
      ? 'a record of a compacted topic needs a key'
      : `its time ${timestampMs} is not ${bounds(config, nowWallMs)}`;
    if (errors.length < ERRORS_MAX) errors.push({ index, message });
    return true;
  });
  const [first] = errors;
  if (first === undefined) return undefined;
  const message = `${keyless + untimely} of ${header.recordCount} records are not taken; record ${first.index}: ${first.message}`;
  return { kind: 'faults', code: keyless > 0 ? 'INVALID_RECORD' : 'INVALID_TIMESTAMP', message, errors };
}

/** -1 is no time, which has no bounds. */
function isTimely(timestampMs: number, config: TopicConfig, nowWallMs: number): boolean {
  if (config.messageTimestampType !== 'CreateTime' || timestampMs === -1) return true;
  return (
    nowWallMs - timestampMs <= config.timestampBeforeMsMax && timestampMs - nowWallMs <= config.timestampAfterMsMax
  );
}

/** In words. */
export function bounds(config: TopicConfig, nowWallMs: number): string {
  const until = `at most ${config.timestampAfterMsMax} ms after the broker's time ${nowWallMs}`;
  if (config.timestampBeforeMsMax === WITHOUT_END) return `${until} (message.timestamp.after.max.ms)`;
  return `${until}, and at most ${config.timestampBeforeMsMax} ms before it (message.timestamp.before.max.ms)`;
}
