import type { Offset } from '@moldau/base';
import { isChanged, type ReplicaView } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';

export const logsAgree: Invariant = {
  name: '23-logs-agree',
  sentence:
    'Two replicas of a partition hold the same records below the smaller of their high watermarks, from the start on that retention has left.',
  create() {
    const check = complain(logsAgree.name);
    const compared = new Map<string, { readonly rewrites: number; readonly end: Offset }>();
    return (observation) => {
      const { brokers, ghost } = observation;
      const byKey = new Map<string, ReplicaView[]>();
      for (const broker of brokers) {
        for (const replica of broker.replicas) {
          if (!isChanged(observation, replica.key)) continue;
          const others = byKey.get(replica.key);
          if (others === undefined) byKey.set(replica.key, [replica]);
          else others.push(replica);
        }
      }
      for (const [key, replicas] of byKey) {
        const legalStart = ghost.partition(key)?.legalStart;
        for (const [index, left] of replicas.entries()) {
          for (const right of replicas.slice(index + 1)) {
            const leftLog = ghost.log(left.brokerId, key);
            const rightLog = ghost.log(right.brokerId, key);
            const pair = `${key} ${left.brokerId} ${right.brokerId}`;
            const end = Math.min(left.highWatermark, right.highWatermark);
            const rewrites = leftLog.rewrites + rightLog.rewrites;
            const before = compared.get(pair);
            const from = before?.rewrites === rewrites ? before.end : 0;
            // Of a topic that somebody deletes nothing is known any more.
            const start = legalStart ?? Math.max(leftLog.startOffset, rightLog.startOffset);
            for (let offset = Math.max(from, start); offset < end; offset++) {
              const a = leftLog.at(offset);
              const b = rightLog.at(offset);
              check(
                a?.value === b?.value && a?.epoch === b?.epoch,
                () =>
                  `${key} offset ${offset}: broker ${left.brokerId} has ${a?.value} of epoch ${a?.epoch}, broker ${right.brokerId} has ${b?.value} of epoch ${b?.epoch}`,
              );
            }
            compared.set(pair, { rewrites, end });
          }
        }
      }
    };
  },
};
