import type { ReplicaLog } from '../ghost/replica-log.ts';
import { isChanged, type ReplicaView } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

export const offsetsInOrder: Invariant = {
  name: '24-offsets-in-order',
  sentence:
    'Log start <= last stable offset <= high watermark <= log end, flushed end <= log end, and the epoch history says of each record what the record says.',
  create() {
    const check = complain(offsetsInOrder.name);
    const looked = new Map<string, string>();
    const epochsAgree = (replica: ReplicaView, log: ReplicaLog): string | undefined => {
      for (const [index, { epoch, startOffset }] of replica.epochs.entries()) {
        const end = replica.epochs[index + 1]?.startOffset ?? replica.endOffset;
        for (let offset = Math.max(startOffset, log.startOffset); offset < end; offset++) {
          const record = log.at(offset);
          if (record !== undefined && record.epoch !== epoch)
            return `offset ${offset} has epoch ${record.epoch}, the history says ${epoch}`;
        }
      }
      return undefined;
    };
    return (observation) => {
      const { brokers, ghost } = observation;
      for (const broker of brokers) {
        for (const replica of broker.replicas) {
          if (!isChanged(observation, replica.key)) continue;
          const { startOffset, lastStableOffset, highWatermark, flushedEnd, endOffset } = replica;
          check(
            startOffset <= lastStableOffset &&
              lastStableOffset <= highWatermark &&
              highWatermark <= endOffset &&
              flushedEnd <= endOffset,
            () =>
              `broker ${broker.brokerId} ${replica.key}: start ${startOffset} stable ${lastStableOffset} high watermark ${highWatermark} flushed ${flushedEnd} end ${endOffset}`,
          );
          const log = ghost.log(broker.brokerId, replica.key);
          check(
            log.endOffset === endOffset,
            () =>
              `broker ${broker.brokerId} ${replica.key}: the log ends at ${endOffset}, it was given up to ${log.endOffset}`,
          );
          const state = `${log.rewrites} ${replica.epochs.length} ${replica.epochs.at(-1)?.epoch}`;
          const name = `${broker.brokerId} ${broker.life} ${replica.key}`;
          if (looked.get(name) === state) continue;
          looked.set(name, state);
          const fault = epochsAgree(replica, log);
          check(fault === undefined, () => `broker ${broker.brokerId} ${replica.key}: ${fault}`);
        }
      }
    };
  },
};
