import type { Offset } from '@moldau/base';
import { splitBatches } from '@moldau/records';
import type { ReadResult } from './log-types.ts';
import type { ProducerState } from './producer-state.ts';
import type { ReplicaState } from './state-files.ts';
import type { ReadLimits } from './tail.ts';

const READ_BYTES = 1024 * 1024;

/** Producers as the log's batches tell them, on top of the newest state that is left. */
export async function relearnProducers(
  producers: ProducerState,
  state: ReplicaState | undefined,
  log: {
    readonly startOffset: Offset;
    readonly endOffset: Offset;
    readonly nowMs: number;
    readonly read: (from: Offset, limits: ReadLimits) => ReadResult | Promise<ReadResult>;
  },
): Promise<void> {
  producers.clear();
  if (state !== undefined) producers.replaceWith(state.producers);
  else if (log.startOffset > 0) producers.lackBeginning();
  let from = Math.max(state?.offset ?? 0, log.startOffset);
  while (from < log.endOffset) {
    const { parts, nextOffset } = await log.read(from, { maxBytes: READ_BYTES, end: log.endOffset, minOneBatch: true });
    // A truncation may end a log behind its last batch.
    if (nextOffset === from) return;
    for (const part of parts) for (const { header } of splitBatches(part)) producers.apply(header, log.nowMs);
    from = nextOffset;
  }
}
