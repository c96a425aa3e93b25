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
  /** The start that survives the loss of power, and the one that the flush under way reaches. */
  flushedStart: Offset;
  flushingStart: Offset;
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
    this.flushedStart = of.startOffset;
    this.flushingStart = of.startOffset;
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
    this.flushedStart = offset;
    this.flushingStart = offset;
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
  recovered(startOffset: Offset, endOffset: Offset): void {
    assert(endOffset >= this.end, 'a log ends behind its batches', { endOffset, end: this.end });
    this.start = Math.max(this.start, Math.min(startOffset, endOffset));
    this.flushedStart = this.start;
    this.flushingStart = this.start;
    this.end = endOffset;
    this.flushed = endOffset;
    this.flushing = endOffset;
  }

  flushStarts(): void {
    this.flushing = this.end;
    this.flushingStart = this.start;
  }

  /** What the flush reached, as far as it was not truncated since, is durable. Whether that is news. */
  flushEnds(): boolean {
    assert(this.flushing <= this.end, 'a flush reaches no further than the log');
    const isNews = this.flushing > this.flushed || this.flushingStart > this.flushedStart;
    this.flushed = Math.max(this.flushed, this.flushing);
    this.flushedStart = Math.max(this.flushedStart, this.flushingStart);
    return isNews;
  }
}
