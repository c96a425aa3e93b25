import { isChanged } from '../observation.ts';
import { complain, type Invariant } from './checker.ts';
import { newestImage, partitionsOf, registeredBrokers, replicaOf } from './partition-state.ts';
import { WitnessTracker } from './witness-tracker.ts';

/** Vanlightly's TLA+ specification of Kafka's replication has it as LeaderCandidateCompleteness. */
export const leaderCandidateCompleteness: Invariant = {
  name: '19-leader-candidate-completeness',
  sentence:
    'Every running member of ISR and ELR holds all that was acknowledged or shown to a consumer, in a `flushed` topic on its disk.',
  create() {
    const check = complain(leaderCandidateCompleteness.name);
    const tracker = new WitnessTracker();
    return (observation) => {
      const image = newestImage(observation);
      if (image === undefined) return;
      const registered = registeredBrokers(observation, image);
      for (const { key, state } of partitionsOf(image)) {
        if (!isChanged(observation, key)) continue;
        const ghost = observation.ghost.partition(key);
        if (ghost === undefined) continue;
        for (const broker of registered) {
          const eligible = state.isr.includes(broker.brokerId) || state.elr.includes(broker.brokerId);
          const replica = eligible ? replicaOf(broker, key) : undefined;
          if (replica === undefined) continue;
          const log = observation.ghost.log(broker.brokerId, key);
          const lacking = tracker.lacking(`${broker.brokerId} ${key}`, log, ghost);
          check(
            lacking === undefined,
            () => `broker ${broker.brokerId} may lead ${key} (isr ${state.isr} elr ${state.elr}) and ${lacking}`,
          );
          check(
            !ghost.flushed || replica.flushedEnd >= ghost.trueHighWatermark,
            () =>
              `broker ${broker.brokerId} may lead ${key} (isr ${state.isr} elr ${state.elr}) and has flushed up to ${replica.flushedEnd}, not to ${ghost.trueHighWatermark}`,
          );
        }
      }
    };
  },
};
