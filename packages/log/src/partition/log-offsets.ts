import { assert, type Offset } from '@moldau/base';

/**
 * Where things are in one log:
 *
 *     start <= high watermark <= end        flushed <= flushing <= end
 *
 *     segments                        tail (memory)
 *     |-------------------------------|~~~~~~~~~~~|
 *     start                       written      flushed      end
 *                            <- may be dropped from the tail
 */
export class LogOffsets {
  start: Offset;
  /** Behind the last batch; what the next append gets. */
  end: Offset;
  /** Everything below it survives the loss of power. */
  flushed: Offset;
  /** Reached by the flush that is under way. */
  flushing: Offset;
  /** Below it the segments hold the log, or the checkpoint under way writes it. */
  captured: Offset;
  /** Below it the segments hold the log, synced. */
  written: Offset;
  highWatermark: Offset;

  constructor(of: { readonly startOffset: Offset; readonly endOffset: Offset; readonly highWatermark: Offset }) {
    this.start = of.startOffset;
    this.end = of.endOffset;
    this.flushed = of.endOffset;
    this.flushing = of.endOffset;
    this.captured = of.endOffset;
    this.written = of.endOffset;
    this.highWatermark = Math.max(of.startOffset, Math.min(of.highWatermark, of.endOffset));
  }

  /** The log is empty, and starts here. */
  reset(offset: Offset): void {
    this.start = offset;
    this.end = offset;
    this.flushed = offset;
    this.flushing = offset;
    this.captured = offset;
    this.written = offset;
    this.highWatermark = offset;
  }

  /** The log ends here. In one turn: nobody sees an end that is lower here and higher there. */
  cut(boundary: Offset): void {
    assert(boundary >= this.start, 'a log is cut within its bounds', { boundary, start: this.start });
    this.end = boundary;
    this.flushed = Math.min(this.flushed, boundary);
    this.flushing = Math.min(this.flushing, boundary);
    this.captured = Math.min(this.captured, boundary);
    this.written = Math.min(this.written, boundary);
    this.highWatermark = Math.min(this.highWatermark, boundary);
  }

  /** Everything up to the end came off the disk. */
  recovered(endOffset: Offset): void {
    assert(endOffset >= this.end, 'a log ends behind its batches', { endOffset, end: this.end });
    this.end = endOffset;
    this.flushed = endOffset;
    this.flushing = endOffset;
  }

  flushStarts(): void {
    this.flushing = this.end;
  }

  /** What the flush reached, as far as it was not truncated since, is durable. Whether that is news. */
  flushEnds(): boolean {
    assert(this.flushing <= this.end, 'a flush reaches no further than the log');
    const isNews = this.flushing > this.flushed;
    if (isNews) this.flushed = this.flushing;
    return isNews;
  }
}
