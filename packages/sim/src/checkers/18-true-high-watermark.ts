import { complain, type Invariant } from './checker.ts';
import { currentLeaders } from './partition-state.ts';

/** A new leader may be behind until it has reached the start of its own epoch (it then answers OFFSET_NOT_AVAILABLE). */
export const trueHighWatermark: Invariant = {
  name: '18-true-high-watermark',
  sentence:
    'A leader that has established its high watermark knows of everything acknowledged, and never takes it back; before that it names no end to clients.',
  create() {
    const check = complain(trueHighWatermark.name);
    const last = new Map<string, number>();
    return (observation) => {
      const { shortEnds } = observation.ghost;
      check(shortEnds.length === 0, () => shortEnds.join('; '));
      for (const { key, broker, replica, ghost } of currentLeaders(observation)) {
        const reign = `${key} ${broker.brokerId} ${broker.life} ${replica.leaderEpoch}`;
        const before = last.get(reign) ?? 0;
        check(replica.highWatermark >= before, () => `${reign}: from ${before} back to ${replica.highWatermark}`);
        last.set(reign, replica.highWatermark);
        const epochStart = replica.epochs.findLast(({ epoch }) => epoch === replica.leaderEpoch)?.startOffset;
        if (ghost === undefined || epochStart === undefined || replica.highWatermark < epochStart) continue;
        check(
          replica.highWatermark >= ghost.trueHighWatermark,
          () => `${reign}: high watermark ${replica.highWatermark}, acknowledged to ${ghost.trueHighWatermark}`,
        );
      }
    };
  },
};
