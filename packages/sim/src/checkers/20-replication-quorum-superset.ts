import { complain, type Invariant } from './checker.ts';
import { currentLeaders } from './partition-state.ts';

/** Vanlightly's specification has it as ReplicationQuorumSuperset. */
export const replicationQuorumSuperset: Invariant = {
  name: '20-replication-quorum-superset',
  sentence:
    "A leader in its epoch waits for every member of the controllers' ISR; without a proposal its maximal ISR is its ISR.",
  create() {
    const check = complain(replicationQuorumSuperset.name);
    return (observation) => {
      for (const { key, state, replica } of currentLeaders(observation)) {
        const missing = state.isr.filter((member) => !replica.maximalIsr.includes(member));
        check(
          missing.length === 0,
          () => `leader ${state.leader} of ${key} does not wait for ${missing} of isr ${state.isr}`,
        );
        if (replica.proposing) continue;
        const same =
          replica.maximalIsr.length === replica.isr.length &&
          replica.isr.every((member) => replica.maximalIsr.includes(member));
        check(
          same,
          () => `leader ${state.leader} of ${key} proposes nothing, yet ${replica.maximalIsr} is not ${replica.isr}`,
        );
      }
    };
  },
};
