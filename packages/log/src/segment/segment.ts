import type { Offset } from '@moldau/base';

/** Names sort as their offsets do. */
const NAME_DIGITS = 20;
const NAME_PATTERN = /^(\d{20})\.log$/;

/** One file of a log's batches, named by the offset it starts at, as far as it is written. */
export interface Segment {
  readonly baseOffset: Offset;
  readonly path: string;
  readonly indexPath: string;
  sizeBytes: number;
  /** Wall time of its first write: tells when it is old enough to be rolled. Its records say what their producers like. */
  readonly createdMs: number;
  /**
   * How old its newest record is: by its own word as far as that can be true. One from the future, or without a timestamp,
   * is as old as its write.
   */
  newestMs: number;
  /** Of its batches; -1 when none has one. */
  maxTimestamp: number;
}

/** A segment as the checkpoint names it. */
export interface SegmentFacts {
  readonly baseOffset: Offset;
  readonly sizeBytes: number;
  readonly createdMs: number;
  readonly newestMs: number;
  readonly maxTimestamp: number;
}

export function segmentName(baseOffset: Offset): string {
  return String(baseOffset).padStart(NAME_DIGITS, '0');
}

/** undefined when the file is not a segment. */
export function segmentBaseOffset(fileName: string): Offset | undefined {
  const digits = NAME_PATTERN.exec(fileName)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function segmentAt(directory: string, facts: SegmentFacts): Segment {
  const stem = `${directory}/${segmentName(facts.baseOffset)}`;
  return { ...facts, path: `${stem}.log`, indexPath: `${stem}.index` };
}
