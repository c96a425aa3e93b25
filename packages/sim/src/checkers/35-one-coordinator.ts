import type { NodeId } from '@moldau/base';
import { complain, type Invariant } from './checker.ts';
import { replicaOf } from './partition-state.ts';

/** A deposed broker that does not know it yet may answer for a moment, as any leader; what it may not tell is in the other checks. */
export const oneCoordinator: Invariant = {
  name: '35-one-coordinator',
  sentence:
    'A broker answers for groups only while it serves as the leader of their partition, in the epoch in which it has read them; no two do in one epoch.',
  create() {
    const check = complain(oneCoordinator.name);
    /** `partition epoch` -> who has answered in it. */
    const answered = new Map<string, NodeId>();
    return ({ brokers }) => {
      for (const broker of brokers) {
        for (const { key, leaderEpoch, answers } of broker.coordinators) {
          if (!answers) continue;
          const { brokerId } = broker;
          const what = `broker ${brokerId} answers for the groups of ${key} in epoch ${leaderEpoch}`;
          const replica = replicaOf(broker, key);
          check(
            replica?.role === 'leader' && replica.serving && replica.leaderEpoch === leaderEpoch,
            () => `${what}, and is ${replica?.role} in epoch ${replica?.leaderEpoch}`,
          );
          const other = answered.get(`${key} ${leaderEpoch}`);
          check(other === undefined || other === brokerId, () => `${what}, as broker ${other} did`);
          answered.set(`${key} ${leaderEpoch}`, brokerId);
        }
      }
    };
  },
};
