import type { Offset } from '@moldau/base';
import type { LogConfig } from '../log-config.ts';
import type { Segment } from '../segment/segment.ts';

export interface RetentionLimits {
  readonly nowWallMs: number;
  /** Nothing at or above it goes: the high watermark. */
  readonly endOffset: Offset;
  /** Where the last segment ends. */
  readonly writtenEnd: Offset;
  /** What is in the log and not in its segments yet. */
  readonly unwrittenBytes: number;
}

/** The offset below which all segments are too old or too much; undefined when none is. Segments go whole, oldest first. */
export function expiredBelow(
  segments: readonly Segment[],
  config: Pick<LogConfig, 'retentionMs' | 'retentionBytes'>,
  limits: RetentionLimits,
): Offset | undefined {
  let leftBytes = limits.unwrittenBytes + segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  let start: Offset | undefined;
  for (const [index, segment] of segments.entries()) {
    const end = segments[index + 1]?.baseOffset ?? limits.writtenEnd;
    if (end > limits.endOffset) break;
    const isOld = config.retentionMs >= 0 && segment.newestMs < limits.nowWallMs - config.retentionMs;
    leftBytes -= segment.sizeBytes;
    const isTooMuch = config.retentionBytes >= 0 && leftBytes >= config.retentionBytes;
    if (!isOld && !isTooMuch) break;
    start = end;
  }
  return start;
}
