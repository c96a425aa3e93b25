import type { Offset } from '@moldau/base';
import type { PartitionLog } from '@moldau/log';
import { parseBatchHeader } from '@moldau/records';

/**
 * Where the batch begins that holds a log's start: records are deleted up to any offset, batches stay whole. A replica that
 * begins with this log begins there, for it cannot take half a batch.
 */
export class FirstBatch {
  readonly #log: PartitionLog;
  /** The start at which it was looked for, and what was found. */
  #start: Offset = -1;
  #base: Offset = -1;

  constructor(log: PartitionLog) {
    this.#log = log;
  }

  get isKnown(): boolean {
    const { startOffset, endOffset } = this.#log;
    return startOffset === 0 || startOffset === endOffset || startOffset === this.#start;
  }

  /** As far as it is known: the log's start otherwise. */
  get offset(): Offset {
    const { startOffset } = this.#log;
    return startOffset === this.#start ? this.#base : startOffset;
  }

  /** Looks for it, on the disk if need be. It may be unknown again when this is done. @throws RequestError */
  async find(): Promise<void> {
    const { startOffset, endOffset } = this.#log;
    const { parts } = await this.#log.read(startOffset, { maxBytes: 1, end: endOffset, minOneBatch: true });
    const [first] = parts;
    this.#base = first === undefined ? startOffset : Math.min(startOffset, parseBatchHeader(first).baseOffset);
    this.#start = startOffset;
  }
}
