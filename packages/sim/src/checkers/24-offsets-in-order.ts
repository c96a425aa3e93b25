import type { Offset } from '@moldau/base';
import type { ReplicaLog } from '../ghost/replica-log.ts';
import { isChanged, type ReplicaView } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

interface Looked {
  readonly rewrites: number;
  readonly history: string;
  readonly end: Offset;
}

/**
 * The last stable offset gets its place here when there are transactions: without them nothing below the high watermark is
 * unstable. Without compaction each offset has a record.
 */
export const offsetsInOrder: Invariant = {
  name: '24-offsets-in-order',
  sentence:
    'Log start <= high watermark <= log end, flushed end <= log end, offsets have no gaps, and the epoch history ascends and says of each record what the record says.',
  create() {
    const check = complain(offsetsInOrder.name);
    const looked = new Map<string, Looked>();
    return (observation) => {
      const { brokers, ghost } = observation;
      for (const broker of brokers) {
        for (const replica of broker.replicas) {
          if (!isChanged(observation, replica.key)) continue;
          const { startOffset, highWatermark, flushedEnd, endOffset } = replica;
          const place = `broker ${broker.brokerId} ${replica.key}`;
          check(
            startOffset <= highWatermark && highWatermark <= endOffset && flushedEnd <= endOffset,
            () =>
              `${place}: start ${startOffset} high watermark ${highWatermark} flushed ${flushedEnd} end ${endOffset}`,
          );
          const log = ghost.log(broker.brokerId, replica.key);
          check(
            log.endOffset === endOffset,
            () => `${place}: the log ends at ${endOffset}, it was given up to ${log.endOffset}`,
          );
          check(
            log.recordCount === log.endOffset - log.startOffset,
            () => `${place}: ${log.recordCount} records in [${log.startOffset}, ${log.endOffset})`,
          );
          const name = `${broker.brokerId} ${broker.life} ${replica.key}`;
          const history = replica.epochs.map(({ epoch, startOffset: start }) => `${epoch}@${start}`).join();
          const before = looked.get(name);
          if (before?.rewrites === log.rewrites && before.history === history && before.end === endOffset) continue;
          const isGrown = before?.rewrites === log.rewrites && before.history === history;
          const fault = historyFault(replica, log, isGrown ? before.end : 0);
          check(fault === undefined, () => `${place}: ${fault}`);
          looked.set(name, { rewrites: log.rewrites, history, end: endOffset });
        }
      }
    };
  },
};

/** What is wrong with the history, or with a record from `from` on. */
function historyFault({ epochs, endOffset }: ReplicaView, log: ReplicaLog, from: Offset): string | undefined {
  for (const [index, { epoch, startOffset }] of epochs.entries()) {
    const next = epochs[index + 1];
    if (next !== undefined && (next.epoch <= epoch || next.startOffset < startOffset))
      return `epoch ${epoch} from ${startOffset} is followed by ${next.epoch} from ${next.startOffset}`;
  }
  let at = 0;
  for (let offset = Math.max(from, log.startOffset); offset < endOffset; offset++) {
    while ((epochs[at + 1]?.startOffset ?? Number.POSITIVE_INFINITY) <= offset) at++;
    const record = log.at(offset);
    const entry = epochs[at];
    const epoch = entry !== undefined && entry.startOffset <= offset ? entry.epoch : undefined;
    if (record !== undefined && record.epoch !== epoch)
      return `offset ${offset} has epoch ${record.epoch}, the history says ${epoch}`;
  }
  return undefined;
}
