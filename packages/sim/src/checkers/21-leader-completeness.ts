import { complain, type Invariant } from './checker.ts';
import { currentLeaders } from './partition-state.ts';
import { WitnessTracker } from './witness-tracker.ts';

export const partitionLeaderCompleteness: Invariant = {
  name: '21-leader-completeness',
  sentence: 'A leader in its epoch holds all that was acknowledged or shown to a consumer.',
  create() {
    const check = complain(partitionLeaderCompleteness.name);
    const tracker = new WitnessTracker();
    return (observation) => {
      for (const { key, broker, state, ghost } of currentLeaders(observation)) {
        if (ghost === undefined) continue;
        const log = observation.ghost.log(broker.brokerId, key);
        const lacking = tracker.lacking(`${broker.brokerId} ${key}`, log, ghost);
        check(
          lacking === undefined,
          () => `leader ${broker.brokerId} of ${key} in epoch ${state.leaderEpoch} ${lacking}`,
        );
      }
    };
  },
};
